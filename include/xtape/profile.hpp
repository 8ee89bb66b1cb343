// SPDX-License-Identifier: MIT
/// \file
/// Where the time of a training goes.
#pragma once

#include <xtape/error.hpp>

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace xtape::inline XTAPE_ABI {

/// Measures all tapes, visitors and batches of the thread that made it, while it lives:
/// ```
/// Profiler profiler;
/// fit(net, train, test, {.epochs = 1}, rng, adam);
/// profiler.print(stdout);
/// profiler.write_trace("trace.json");  // for ui.perfetto.dev or chrome://tracing
/// ```
/// An op's forward time is that since the op before it on its thread, so code between two ops counts with
/// the second. Without a profiler, a tape asks once per op whether there is one, and no clock is read.
class Profiler {
 public:
  /// What the time was spent on.
  enum class Phase {
    data,      ///< waiting for a batch
    forward,   ///< computing results
    backward,  ///< computing gradients
    update,    ///< visitors, such as optimizers
  };

  /// The sum over all calls of one op in one phase.
  struct Row {
    std::string name;           ///< the op's or the visitor's
    Phase phase = Phase::data;  ///< what the time was spent on
    std::size_t calls = 0;      ///< how often
    double seconds = 0;         ///< together
    /// Multiplications and additions, of the ops that say how many: products and convolutions.
    double flops = 0;
    /// What must at least be read and written: the inputs and the result, or the gradients of both, or
    /// parameters, gradients and the state of an optimizer.
    double bytes = 0;
  };

  /// Begins to measure. Throws ValueError if this thread has a profiler already.
  explicit Profiler(Location at = Location::current());
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;
  ~Profiler();

  /// What was measured so far, the longest first.
  std::vector<Row> rows() const;
  /// The seconds of a phase.
  double seconds(Phase phase) const;
  /// Forgets what was measured so far.
  void reset();

  /// Writes the rows as a table: calls, milliseconds, share, GFLOP/s and GB/s.
  void print(std::FILE* out) const;
  /// Writes the first 200,000 calls as a trace in Chrome's format. Throws DataError if it cannot.
  void write_trace(const std::string& path) const;

  /// The profiler of this thread, or null. What follows is how ops, visitors and batches tell it of a call.
  static Profiler* current() noexcept;
  /// The time from which the next call counts.
  void start() noexcept;
  /// Ends a call that began at `start` or the end of the call before it. `name` is copied.
  void finish(const char* name, Phase phase, double flops, double bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace xtape::inline XTAPE_ABI
