// SPDX-License-Identifier: MIT
// How windows slide over images, for convolution and pooling.
#pragma once

#include "kernels/pool.hpp"
#include "text.hpp"

#include <xtape/ops/pool.hpp>

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

/// The sizes of pooling. Throws what max_pool2d says.
inline kernels::Pool2D pool_sizes(const Op& op, const Shape& image, const Pool2DOptions& o) {
  if (image.size() != 4) throw ShapeError(op, text("expected (N, H, W, C), got ", image));
  const Size2D window = o.window;
  const Size2D stride{o.stride.height == 0 ? window.height : o.stride.height,
                      o.stride.width == 0 ? window.width : o.stride.width};
  const Slide rows = slide(op, "height", image[1], window.height, stride.height, o.padding.kind,
                           o.padding.top, o.padding.bottom);
  const Slide columns = slide(op, "width", image[2], window.width, stride.width, o.padding.kind,
                              o.padding.left, o.padding.right);
  if (std::max(rows.before, rows.after) >= window.height ||
      std::max(columns.before, columns.after) >= window.width)
    throw ValueError(op, text("expected less padding than the window ", window.height, " x ",
                              window.width, " is large"));
  return {image[0],      image[1],     image[2],    image[3],       window.height, window.width,
          stride.height, stride.width, rows.before, columns.before, rows.count,    columns.count};
}

/// Throws ValueError if a position in the window does not fit into a byte.
inline void check_max_window(const Op& op, const kernels::Pool2D& s) {
  if (s.window_h * s.window_w > 256)
    throw ValueError(
        op, text("expected a window of at most 256 elements, got ", s.window_h, " x ", s.window_w),
        "max over the axes {1, 2} takes whole images");
}

}  // namespace xtape::inline XTAPE_ABI
