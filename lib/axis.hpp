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

/// For each axis of `shape` whether it is one of `axes`; all are where none are given.
inline PooledVector<char> marked_axes(const Op& op, const Axes& axes, const Shape& shape) {
  PooledVector<char> marked(shape.size(), axes.empty());
  for (const std::ptrdiff_t axis : axes) {
    const std::size_t i = checked_axis(op, axis, shape);
    if (marked[i]) throw ShapeError(op, text("the axis ", axis, " is given twice"));
    marked[i] = true;
  }
  return marked;
}

/// The order of axes that undoes another; without axes they are reversed, which undoes itself.
inline Axes inverse(const Axes& axes) {
  const auto rank = static_cast<std::ptrdiff_t>(axes.size());
  Axes result(axes.size());
  for (std::ptrdiff_t i = 0; i < rank; ++i) {
    const std::ptrdiff_t axis = axes[static_cast<std::size_t>(i)];
    result[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)] = i;
  }
  return result;
}

/// The array under another shape, of as many elements.
inline Array reshaped(Array array, const Shape& shape) {
  array.reshape(shape);
  return array;
}

}  // namespace xtape::inline XTAPE_ABI
