// SPDX-License-Identifier: MIT
/// \file
/// Where the time of a training goes.
#pragma once

#include <xtape/observer.hpp>

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Measures all tapes, visitors and batches of the thread that made it, while it lives:
/// ```
/// Profiler profiler;
/// fit(net, train, test, {.epochs = 1}, rng, adam);
/// profiler.print(stdout);
/// profiler.write_trace("trace.json");  // for ui.perfetto.dev or chrome://tracing
/// ```
/// An op's forward time is that since the op before it on its thread, so code between two ops counts with
/// the second. Without a profiler no clock is read.
class Profiler : public Observer {
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

  /// Begins to measure.
  Profiler();
  ~Profiler() override;

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

  void start() override;                                    ///< The next call counts from here.
  void forward(const Forward& call) override;               ///< Ends a call.
  void input_gradient(const InputGradient& call) override;  ///< Ends a call.
  void update(const Visitor& visitor,
              std::span<Parameter* const> parameters) override;  ///< Ends a call.
  void batch(std::size_t bytes) override;                        ///< Ends a call.

 private:
  struct State;
  void finish(const char* name, Phase phase, double flops, double bytes);
  std::unique_ptr<State> state_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
