// SPDX-License-Identifier: MIT
/// \file
/// A dataset in batches, each prepared in the background while the one before it is used.
#pragma once

#include <xtape/data/dataset.hpp>
#include <xtape/random.hpp>

#include <iterator>
#include <memory>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::data {

/// Which part of each batch is gathered here, where several processes share the work: the batch is cut into `count`
/// shards of neighbouring samples, whose sizes differ by one at most, and from `first` on `own` of them are this one's.
/// Each is a batch of the loop. `distributed::World::shards` tells a rank its own.
struct Shards {
  std::size_t count = 1;                           ///< of a batch
  std::size_t first = 0;                           ///< of those of this process
  std::size_t own = 1;                             ///< how many these are
  bool operator==(const Shards&) const = default;  ///< in all
};

/// The batches of a dataset, to be looped over; `batches` makes it. While the loop's body works on
/// one batch, a thread of the pool gathers the next, or as many as `prefetch` says. What is in a batch lives as long as
/// anyone shares it, as a tape does; its memory is then that of the next. Each loop over it gives the same batches.
///
/// `std::exit` in the loop's body waits for the gather that is under way, so that a dataset of static storage
/// can be destroyed then. Where another thread calls it, the loop waits at its next batch for the end of the
/// process; what its body reads of static objects by then is for the program to keep.
class Batches {
 public:
  class Iterator;

  Batches(Batches&&) noexcept;             ///< Moves the loop.
  Batches& operator=(Batches&&) noexcept;  ///< Moves the loop.
  /// Waits for a gather that is under way.
  ~Batches();

  /// Leaves out the first `count` batches, to go on with a loop that was interrupted.
  void skip(std::size_t count) noexcept;
  /// Leaves out the samples at the end of the order that do not fill a batch, all where there are fewer than that. To be
  /// called before a loop begins.
  void drop_last() noexcept;
  /// Leaves out all batches but the first `count` of those that are left after `skip`.
  void take(std::size_t count) noexcept;
  /// Cuts each batch into shards, of which the loop has those of this process, one after the other. To be called before
  /// a loop begins. What is drawn for a shard depends on the batch and on the place of the shard in it, not on who has
  /// it. Throws ValueError unless the shards are at least one and among those of the batch.
  void shards(const Shards& shards, Location at = Location::current());
  /// How many batches are gathered ahead, from the next `begin` on: 1 at first, 0 gathers each when it is asked for, on
  /// the thread of the loop; more are a queue, for where some take longer than a step, each of them in memory. They
  /// are gathered one after the other, and are the same for any depth.
  void prefetch(std::size_t depth) noexcept;
  /// Gathers the first batch. Throws what `Dataset::gather` throws, and ValueError if a batch has fewer samples than
  /// there are shards.
  Iterator begin();
  /// The end of the loop.
  std::default_sentinel_t end() const noexcept { return {}; }
  /// The number of batches, each of them all its shards; the last one may be smaller than the others.
  std::size_t size() const noexcept;
  /// The number of samples in all batches.
  std::size_t samples() const noexcept;

 private:
  friend Batches batches(const Dataset&, std::size_t, Rng&, Location);
  friend Batches batches(const Dataset&, std::size_t, Location);
  class [[gnu::visibility("hidden")]] Loader;
  explicit Batches(std::unique_ptr<Loader> loader) noexcept;

  std::unique_ptr<Loader> loader_;
};

/// An input iterator over batches.
class Batches::Iterator {
 public:
  using iterator_concept = std::input_iterator_tag;  ///< it can be used for one loop
  using value_type = Batch;                          ///< what a copy of the batch is
  using difference_type = std::ptrdiff_t;            ///< as for any iterator

  /// The batch; it lasts until the next increment.
  const Batch& operator*() const noexcept;
  /// The batch; it lasts until the next increment.
  const Batch* operator->() const noexcept { return &**this; }
  /// Goes on to the next batch. Throws what `Dataset::gather` throws; the loop is then at its end.
  Iterator& operator++();
  /// Goes on to the next batch.
  void operator++(int) { ++*this; }
  /// Whether there are no more batches.
  bool operator==(std::default_sentinel_t) const noexcept;

 private:
  friend class Batches;
  explicit Iterator(Loader& loader) noexcept : loader_{&loader} {}
  Loader* loader_;
};

/// The dataset in batches of `batch_size` samples, the last with what is left, in an order drawn
/// from `rng` here and now (Fisher and Yates). What the dataset draws for a batch depends on where `rng` was and on
/// the number of the batch. The dataset must outlive the result.
/// ```
/// for (const auto& [images, labels] : data::batches(train, 64, rng)) { ... }
/// ```
/// Throws ValueError if `batch_size` is 0 or the dataset has 2^32 samples or more.
Batches batches(const Dataset& dataset, std::size_t batch_size, Rng& rng,
                Location at = Location::current());
/// As above, in the dataset's own order; what it draws for a batch depends on the number of the batch alone.
Batches batches(const Dataset& dataset, std::size_t batch_size, Location at = Location::current());
/// A dataset that dies before its first batch.
Batches batches(const Dataset&&, std::size_t, Rng&, Location = Location::current()) = delete;
/// A dataset that dies before its first batch.
Batches batches(const Dataset&&, std::size_t, Location = Location::current()) = delete;

}  // namespace xtape::inline XTAPE_ABI::data
#pragma GCC visibility pop
