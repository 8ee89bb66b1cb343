// SPDX-License-Identifier: MIT
// A history as a checkpoint keeps it.
#pragma once

#include <xtape/state.hpp>
#include <xtape/train/fit.hpp>

#include <string>
#include <vector>

namespace xtape::inline XTAPE_ABI {

/// Lists a history by columns, such as `test.loss`, a number for each epoch.
class HistoryColumns {
 public:
  /// Lists the columns of a history: what is written, and where to read. It is always the same history, which
  /// has grown since.
  void list(StateList& list, const History& history);
  /// The epochs that were read. The numbers of samples are those of the datasets.
  std::vector<EpochReport> epochs(std::size_t train_samples, std::size_t test_samples);

 private:
  std::string wrong() const;  // what cannot be in the columns, or nothing

  std::vector<std::vector<double>> columns_;
};

/// Lists where the time went, in one epoch.
void list_seconds(StateList& list, Seconds& seconds);

}  // namespace xtape::inline XTAPE_ABI
