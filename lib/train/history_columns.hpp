// SPDX-License-Identifier: MIT
// A history as a checkpoint keeps it.
#pragma once

#include <xtape/state.hpp>
#include <xtape/train/history.hpp>
#include <xtape/train/task.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace xtape::inline XTAPE_ABI {

/// Lists a history by columns, such as `test.loss`, a number for each epoch.
class HistoryColumns {
 public:
  /// For histories of a task with these metrics, over so many samples; there may be no test set.
  HistoryColumns(std::span<const Metric> metrics, std::size_t train_samples,
                 std::optional<std::size_t> test_samples);
  /// Lists the columns of a history: what is written, and where to read. It is always the same history, which
  /// has grown since.
  void list(StateList& list, const History& history);
  /// The epochs that were read.
  std::vector<EpochReport> epochs() const;

 private:
  struct Column {
    std::string name;
    std::function<double&(EpochReport&)> of;
    std::function<bool(double)> can_be;
    std::vector<double> numbers = {};
  };

  void add_metrics(const std::string& part, Metrics& (*metrics)(EpochReport&));
  void add_seconds(const char* name, double EpochReport::Seconds::*seconds);
  std::string wrong() const;  // what cannot be in the columns, or nothing

  std::vector<Metric> metrics_;
  std::size_t train_samples_;
  std::optional<std::size_t> test_samples_;
  std::vector<Column> columns_;
};

/// Lists where the time went, in one epoch.
void list_seconds(StateList& list, EpochReport::Seconds& seconds);

}  // namespace xtape::inline XTAPE_ABI
