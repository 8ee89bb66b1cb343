// SPDX-License-Identifier: MIT
// What the steps of an epoch have measured.
#pragma once

#include <xtape/state.hpp>
#include <xtape/train/history.hpp>
#include <xtape/train/task.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xtape::inline XTAPE_ABI {

/// Throws ValueError unless the metrics have names of their own, as tables and checkpoints can have them.
void check_metrics(const Op& op, const Task& task);

/// Throws ValueError unless a training of the task, with a test set or without, measures the number of that name.
void check_measured(const Op& op, const Task& task, bool has_test, std::string_view name);

/// Whether so many terms of a metric can add up to this. Only where terms have bounds NaN cannot be.
bool can_be_sum(const Metric& metric, double terms, double sum);

/// Runs a step. Throws ShapeError unless its loss is a scalar.
StepResult run_step(const Op& op, const Task& task, Tape& tape, const data::Batch& batch);

/// Sums over steps.
class Totals {
 public:
  /// Of a task, which must outlive it.
  explicit Totals(const Task& task) : task_{task}, sums_(task.metrics.size()) {}

  /// How many numbers tell what a step has measured.
  std::size_t width() const noexcept { return 3 + sums_.size(); }
  /// What a step has measured: its loss, of all terms, how many these are, the samples, and a sum for each metric.
  void measure(const StepResult& step, const data::Batch& batch, std::span<double> row) const;
  /// Adds what a step has measured.
  void add(std::span<const double> row);
  /// Begins anew.
  void clear();
  /// What it comes to.
  Metrics metrics() const;
  std::uint64_t samples() const noexcept { return samples_; }

  /// Lists what a checkpoint keeps.
  void state(StateList& list);
  /// What cannot be in the sums over so many samples, or nothing.
  std::string wrong(std::uint64_t samples) const;

 private:
  const Task& task_;
  double loss_ = 0;
  std::uint64_t samples_ = 0, terms_ = 0;
  std::vector<double> sums_;  // of each metric
};

}  // namespace xtape::inline XTAPE_ABI
