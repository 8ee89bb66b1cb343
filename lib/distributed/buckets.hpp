// SPDX-License-Identifier: MIT
// Arrays on their way to other ranks.
#pragma once

#include <xtape/distributed/world.hpp>

#include <deque>
#include <optional>
#include <vector>

namespace xtape::inline XTAPE_ABI::distributed {

/// Adds up arrays over all ranks, some at a time.
class Buckets {
 public:
  /// Small arrays wait until they are `first` bytes together, from then on `bytes`.
  Buckets(World& world, std::size_t first, std::size_t bytes)
      : world_{world}, first_{first}, bytes_{bytes} {}

  /// Begins with an array, which must stay where it is.
  void add(Array& array);
  /// Sends what still waits.
  void flush();
  /// Waits until all are there, and divides them by a number.
  void finish(double by);

 private:
  struct Bucket {
    PooledVector<Array*> arrays;
    std::optional<Array> packed;  // copies, one behind the other, where small ones go together
    Pending sum;                  // ends before what it adds up
  };

  World& world_;
  std::size_t first_, bytes_;
  std::deque<Bucket> sent_ = {};
  PooledVector<Array*> waiting_ = {};
  std::size_t waiting_size_ = 0;  // elements
};

/// Sums of 1, 2, 4, ... shards that wait for the sum of as many that follow.
class Subtotals {
 public:
  /// Adds what the next shard has. After the last, of a power of two, the sum of all is in its place; until then nothing
  /// is.
  void add(Array& x, bool last);
  /// How many were added, without those whose sum was taken.
  std::size_t count() const noexcept { return count_; }

 private:
  std::size_t count_ = 0;
  std::vector<Array> waiting_;
};

}  // namespace xtape::inline XTAPE_ABI::distributed
