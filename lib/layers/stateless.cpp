// SPDX-License-Identifier: MIT
#include <xtape/layers/stateless.hpp>

#include "ranges.hpp"

#include <xtape/ops/reduce.hpp>

namespace xtape::inline XTAPE_ABI {

Dropout::Dropout(double rate, Location at) : options_{.rate = rate} {
  check_fraction({"dropout", at}, "rate", rate);
}

Variable GlobalAvgPool::operator()(const Variable& x, Location at) const {
  if (x.rank() < 3)
    throw ShapeError({"global_avg_pool", at}, text("expected (N, ..., channels), got ", x.shape()));
  Axes between;
  for (std::size_t i = 1; i + 1 < x.rank(); ++i) between.push_back(static_cast<std::ptrdiff_t>(i));
  return mean(x, {.axes = between}, at);
}

}  // namespace xtape::inline XTAPE_ABI
