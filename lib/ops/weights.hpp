// SPDX-License-Identifier: MIT
// What terms of a loss may count.
#pragma once

#include "ranges.hpp"

#include <span>

namespace xtape::inline XTAPE_ABI {

/// Throws ValueError unless all weights are finite and at least 0.
inline void check_weights(const Op& op, const char* what, std::span<const Scalar> weights) {
  for (const Scalar weight : weights) check_not_negative(op, what, static_cast<double>(weight));
}

/// The same, and ShapeError unless there is one for each sample of an array of this shape.
inline void check_sample_weights(const Op& op, std::span<const Scalar> weights,
                                 const Shape& shape) {
  if (shape.empty() || weights.size() != shape[0])
    throw ShapeError(op, text("expected a weight for each sample of an array of shape ", shape,
                              ", got ", weights.size()));
  check_weights(op, "a sample's weight", weights);
}

}  // namespace xtape::inline XTAPE_ABI
