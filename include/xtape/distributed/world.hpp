// SPDX-License-Identifier: MIT
/// \file
/// The group of processes that train together.
#pragma once

#include <xtape/data/batches.hpp>
#include <xtape/error.hpp>
#include <xtape/peers.hpp>

#include <cstddef>
#include <future>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::distributed {

class [[gnu::visibility("hidden")]] Messenger;

/// Options of World.
struct WorldOptions {
  /// How many seconds a rank waits for another, in all it asks of others, before it ends with an error that names
  /// the one that does not answer. It is longer than what any rank ever does alone, such as to read its data.
  double timeout = 30;
  bool join = true;  ///< else it is a group of one, whatever has started this process
};

/// A sum under way. What is added up must stay where it is, and as it is, until it is there.
class Pending {
 public:
  Pending() = default;                     ///< One that is there.
  Pending(Pending&&) noexcept = default;   ///< Moves it.
  Pending& operator=(Pending&&) noexcept;  ///< Waits for the one before, and moves it.
  ~Pending();                              ///< Waits for it.
  void wait();  ///< Waits for it. Throws CommunicationError where there is none.

 private:
  friend class World;
  explicit Pending(std::future<void> done) noexcept : done_{std::move(done)} {}
  std::future<void> done_;
};

/// The processes of a program that `mpirun -n 4 program`, or `srun`, has started together: its ranks, from 0. A process
/// that was started alone is a group of one, in which all of this costs nothing. Which MPI that is, Open MPI or MPICH,
/// is found at run time.
///
/// All ranks make the same calls, in the same order, with as much data: who does not gets a CommunicationError, as does
/// who has to wait for longer than the timeout. A process joins the group once and leaves it at its end, by `return`
/// from main or `std::exit`; where its status then is not 0, or a call has failed, the others are ended, too. MPI is
/// called from one thread, of xtape's own; one World is to be used by one thread at a time.
class World final : public Peers {
 public:
  /// Joins the group. Throws ValueError for a timeout that is not above 0, DataError where the module for the
  /// launcher's MPI is missing, CommunicationError where the group cannot be joined.
  explicit World(const WorldOptions& options = {}, Location at = Location::current());
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  std::size_t rank() const noexcept { return rank_; }           ///< which of the processes this is
  std::size_t size() const noexcept override { return size_; }  ///< how many there are
  bool alone() const noexcept { return size_ == 1; }            ///< whether there is one
  bool first() const noexcept {
    return rank_ == 0;
  }  ///< whether this is the one that prints and writes

  /// The sums of the numbers of all ranks, element by element, in their place on all ranks. They are added along a
  /// fixed binary tree, ((x0 + x1) + (x2 + x3)) + ..., so the bits are the same in each run and on all ranks.
  void sum(std::span<float> numbers) { start_sum(numbers).wait(); }
  /// As above.
  void sum(std::span<double> numbers) override { start_sum(numbers).wait(); }
  /// The sum of one number.
  double sum(double number);
  /// Begins a sum, which goes on beside what this thread does. Sums are made one after the other.
  [[nodiscard]] Pending start_sum(std::span<float> numbers);
  /// As above.
  [[nodiscard]] Pending start_sum(std::span<double> numbers);

  /// Gives what one rank has to all. The others have room for as many bytes.
  void broadcast(std::span<std::byte> bytes, std::size_t from = 0);
  /// The same for numbers.
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void broadcast(std::span<T> numbers, std::size_t from = 0) {
    broadcast(std::as_writable_bytes(numbers), from);
  }
  /// The texts of all ranks, in their order.
  std::vector<std::string> gather(std::string_view own);
  /// Returns when all ranks have called it.
  void barrier();

  /// The part of each batch that is this rank's, where it is cut into so many shards, each the work of one pass. With 0
  /// there are as many as ranks. Throws ValueError unless the shards, and where there are more than ranks these, too,
  /// are a power of two, at least as many as ranks.
  data::Shards shards(std::size_t count = 0, Location at = Location::current()) const;

 private:
  template <class T>
  Pending begin_sum(std::span<T> numbers);

  Messenger* messenger_ = nullptr;  // null if there is one rank
  std::size_t rank_ = 0, size_ = 1;
};

}  // namespace xtape::inline XTAPE_ABI::distributed
#pragma GCC visibility pop
