// SPDX-License-Identifier: MIT
// What the gradient of a convolution's kernel is computed by.
#pragma once

#include <xtape/config.hpp>

#include <cstddef>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// Output rows of one image: the input of the first pixel, and the gradient, whose pixels may have more scalars than
/// channels, which do not matter.
struct GradientRows {
  const Scalar* x;
  const Scalar* g;
  std::size_t rows, width;
  std::size_t g_row, g_pixel;  ///< from row to row and from pixel to pixel
};

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
