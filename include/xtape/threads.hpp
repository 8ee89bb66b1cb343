// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/config.hpp>

#include <cstddef>
#include <memory>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

// While a kernel runs, on any thread, numbers below the smallest normal one (1e-38, in double 1e-308) count
// as zero, but for ops of elements; afterwards the caller's setting is back.

/// Limits the pool of threads while it lives: `ThreadLimit one{1};`. Without a limit, xtape uses as many
/// threads as the machine has cores. Of several limits the lowest counts. Results have the same bits for
/// any number of threads. Throws ValueError for 0.
class ThreadLimit {
 public:
  /// At most `threads` threads, the caller's own included.
  explicit ThreadLimit(std::size_t threads);
  ThreadLimit(ThreadLimit&&) noexcept;  ///< Moves the limit.
  ~ThreadLimit();

 private:
  struct Limit;
  std::unique_ptr<Limit> limit_;
};

/// How many threads xtape may use now.
std::size_t thread_count();

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
