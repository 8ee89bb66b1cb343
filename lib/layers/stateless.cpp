// SPDX-License-Identifier: MIT
#include <xtape/layers/stateless.hpp>

#include "ranges.hpp"

#include <xtape/ops/reduce.hpp>

namespace xtape::inline XTAPE_ABI {
namespace {

// All axes but the batch's and the channels'.
Axes axes_between(const Op& op, const Variable& x) {
  if (x.rank() < 3) throw ShapeError(op, text("expected (N, ..., channels), got ", x.shape()));
  Axes axes;
  for (std::size_t i = 1; i + 1 < x.rank(); ++i) axes.push_back(static_cast<std::ptrdiff_t>(i));
  return axes;
}

}  // namespace

Dropout::Dropout(double rate, Location at) : options_{.rate = rate} {
  check_fraction({"dropout", at}, "rate", rate);
}

Variable GlobalAvgPool::operator()(const Variable& x, Location at) const {
  return mean(x, {.axes = axes_between({"global_avg_pool", at}, x)}, at);
}

Variable GlobalMaxPool::operator()(const Variable& x, Location at) const {
  return max(x, {.axes = axes_between({"global_max_pool", at}, x)}, at);
}

}  // namespace xtape::inline XTAPE_ABI
