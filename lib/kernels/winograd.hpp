// SPDX-License-Identifier: MIT
// Convolutions of 3 x 3 taps by Winograd's minimal filtering, with a quarter of the multiplications. Images are not
// padded: what lies beyond them counts as zeros. Stride and dilation are 1.
#pragma once

#include "kernels/conv.hpp"

namespace xtape::inline XTAPE_ABI::kernels {

struct WinogradKernels {
  /// y = activation(conv(x, kernel) + bias); a null bias is none. Activation: none or relu.
  void (*conv2d)(const ConvSizes&, const Scalar* x, const Scalar* kernel, const Scalar* bias,
                 Activation, Scalar* y);
  /// dk[i, j, a, b] = sum over n, y, x of x[n, y + i - before, ..., a] * g[n, y, x, b]
  void (*conv2d_grad_kernel)(const ConvSizes&, const Scalar* x, const Scalar* g, Scalar* dk);
};

XTAPE_KERNEL_FAMILY(WinogradKernels)

/// Results are made in squares of so many pixels a side.
inline constexpr std::size_t winograd_tile = 4;

}  // namespace xtape::inline XTAPE_ABI::kernels
