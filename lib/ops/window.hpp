// SPDX-License-Identifier: MIT
#pragma once

#include "text.hpp"

#include <xtape/ops/window.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI {

/// How a window slides along one axis of the images.
struct Slide {
  std::size_t before, after;  // padding
  std::size_t count;          // positions of the window: the size of the result
};

/// Along an axis of `size`, for a window that spans `window` elements.
inline Slide slide(const Op& op, const char* axis, std::size_t size, std::size_t window,
                   std::size_t stride, Padding::Kind kind, std::size_t before, std::size_t after) {
  if (window == 0 || stride == 0)
    throw ValueError(op, text("expected a window and a stride of at least 1, got ", axis, "s ",
                              window, " and ", stride));
  constexpr std::size_t limit = std::size_t{1}
                                << 31;  // a negative number, given as one without sign
  if (std::max({window, stride, before, after}) > limit)
    throw ValueError(op,
                     text("expected a ", axis, " of window, stride and padding of at most 2^31"));
  Slide s{before, after, 0};
  if (kind == Padding::Kind::valid) s.before = s.after = 0;
  if (kind == Padding::Kind::same) {
    const std::size_t count = (size + stride - 1) / stride;
    const std::size_t covered = count == 0 ? 0 : (count - 1) * stride + window;
    const std::size_t total = std::max(covered, size) - size;
    s.before = total / 2;
    s.after = total - s.before;
  }
  const std::size_t padded = size + s.before + s.after;
  if (size == 0 || padded < window)
    throw ShapeError(op,
                     text("a window of ", axis, " ", window, " does not fit into ", padded,
                          s.before + s.after > 0 ? " (padding included)" : ""),
                     "use Padding::same or a smaller window?");
  s.count = (padded - window) / stride + 1;
  return s;
}

}  // namespace xtape::inline XTAPE_ABI
