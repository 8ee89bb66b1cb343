// SPDX-License-Identifier: MIT
// Pooling of channels-last images.
#pragma once

#include "kernels/family.hpp"

#include <cstddef>
#include <cstdint>

namespace xtape::inline XTAPE_ABI::kernels {

/// Sizes of x (batch, height, width, channels) and y (batch, out_h, out_w, channels). Windows reach
/// pad_top and pad_left beyond the image, and beyond its other edges as far as the output asks.
struct Pool2D {
  std::size_t batch, height, width, channels;
  std::size_t window_h, window_w, stride_h, stride_w, pad_top, pad_left;
  std::size_t out_h, out_w;
};

struct PoolKernels {
  /// The maximum of each window, of at most 256 elements, and its position in the window, row by row;
  /// the first of equals. A NaN in the window is its maximum. Padding never is.
  void (*max_pool2d)(const Pool2D&, const Scalar* x, Scalar* y, std::uint8_t* position);
  /// dx = g at the positions of the maxima, added where windows overlap, 0 elsewhere.
  void (*max_pool2d_grad)(const Pool2D&, const std::uint8_t* position, const Scalar* g, Scalar* dx);
  /// The same for one image whose windows lie side by side, of rows `row` elements apart. Only what is in
  /// a window is written.
  void (*unpool)(const Pool2D&, const std::uint8_t* position, const Scalar* g, Scalar* dx,
                 std::size_t row);
  /// The mean of each window without its padding.
  void (*avg_pool2d)(const Pool2D&, const Scalar* x, Scalar* y);
  /// dx = g divided equally among the elements of its window.
  void (*avg_pool2d_grad)(const Pool2D&, const Scalar* g, Scalar* dx);
};

XTAPE_KERNEL_FAMILY(PoolKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
