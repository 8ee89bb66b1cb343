// SPDX-License-Identifier: MIT
#pragma once

#include "text.hpp"

namespace xtape::inline XTAPE_ABI {

/// The axis of `shape` that `axis` means; negative ones count from the last.
inline std::size_t checked_axis(const Op& op, std::ptrdiff_t axis, const Shape& shape) {
  const auto rank = static_cast<std::ptrdiff_t>(shape.size());
  if (axis < -rank || axis >= rank)
    throw ShapeError(op, text("there is no axis ", axis, " in the shape ", shape));
  return static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
}

}  // namespace xtape::inline XTAPE_ABI
