// SPDX-License-Identifier: MIT
// The gradient of a convolution's input as a product of matrices: each output pixel's gradient times the
// kernel is what it gives its taps, a row of columns that are then added where the taps lie.
#pragma once

#include "kernels/conv.hpp"

namespace xtape::inline XTAPE_ABI::kernels {

/// dx (batch, image height, image width, in) from the gradient g (batch, out_h, out_w, out).
void conv2d_grad_input(const Conv2D&, const Image&, const Scalar* kernel, const Scalar* g,
                       Scalar* dx);

}  // namespace xtape::inline XTAPE_ABI::kernels
