// SPDX-License-Identifier: MIT
// How epochs are compared.
#pragma once

#include <xtape/train/fit.hpp>

#include <cmath>
#include <limits>

namespace xtape::inline XTAPE_ABI {

/// What is to be low: the loss, or the accuracy with its sign changed. NaN counts as infinite, which is
/// never the best.
inline double cost(const EpochReport& report, Monitor monitor) {
  const bool test = monitor == Monitor::test_loss || monitor == Monitor::test_accuracy;
  const bool loss = monitor == Monitor::test_loss || monitor == Monitor::train_loss;
  const Metrics& metrics = test ? report.test : report.train;
  const double value = loss ? metrics.loss : -metrics.accuracy;
  return std::isfinite(value) ? value : std::numeric_limits<double>::infinity();
}

}  // namespace xtape::inline XTAPE_ABI
