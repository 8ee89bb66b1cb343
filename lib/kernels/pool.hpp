// SPDX-License-Identifier: MIT
// Pooling of channels-last images.
#pragma once

#include "kernels/family.hpp"
#include "kernels/slide.hpp"

#include <cstddef>
#include <cstdint>

namespace xtape::inline XTAPE_ABI::kernels {

/// Sizes of x (batch, height, width, channels) and y (batch, out_h, out_w, channels): each slide has a height
/// or a width of both, and a dilation of 1. Of the padding windows see nothing.
struct PoolSizes {
  std::size_t batch, channels;
  Slide rows, columns;
};

struct PoolKernels {
  /// The maximum of each window, of at most 256 elements, and its position in the window, row by row;
  /// the first of equals. A NaN in the window is its maximum. Padding never is.
  void (*max_pool2d)(const PoolSizes&, const Scalar* x, Scalar* y, std::uint8_t* position);
  /// dx = g at the positions of the maxima, added where windows overlap, 0 elsewhere.
  void (*max_pool2d_grad)(const PoolSizes&, const std::uint8_t* position, const Scalar* g,
                          Scalar* dx);
  /// The same for one image whose windows lie side by side, of rows `row` elements apart. Only what is in
  /// a window is written.
  void (*unpool)(const PoolSizes&, const std::uint8_t* position, const Scalar* g, Scalar* dx,
                 std::size_t row);
  /// The mean of each window without its padding.
  void (*avg_pool2d)(const PoolSizes&, const Scalar* x, Scalar* y);
  /// dx = g divided equally among the elements of its window.
  void (*avg_pool2d_grad)(const PoolSizes&, const Scalar* g, Scalar* dx);
};

XTAPE_KERNEL_FAMILY(PoolKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
