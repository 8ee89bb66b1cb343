// SPDX-License-Identifier: MIT
// Convolutions in half precision. Images are not padded: what lies beyond them counts as zeros.
#pragma once

#include "kernels/conv.hpp"
#include "kernels/half_unit.hpp"

namespace xtape::inline XTAPE_ABI::kernels {

struct HalfConvKernels {
  /// y = activation(conv(x, kernel) + bias); a null bias is none. Activation: none or relu.
  void (*conv2d)(const HalfUnit&, const ConvSizes&, const Scalar* x, const Scalar* kernel,
                 const Scalar* bias, Activation, Scalar* y);
  /// The same and max_pool2d of it, without the array between. The windows do not overlap and are not padded.
  void (*conv2d_max_pool)(const HalfUnit&, const ConvSizes&, const PoolSizes&, const Scalar* x,
                          const Scalar* kernel, const Scalar* bias, Activation, Scalar* y,
                          std::uint8_t* position);
};

struct HalfConvGradKernels {
  /// With a stride of 1: dk[i, j, a, b] = sum over n, y, x of x[n, y + i * dilation - before, ..., a] * g[n, y, x, b]
  void (*conv2d_grad_kernel)(const HalfUnit&, const ConvSizes&, const Scalar* x, const Scalar* g,
                             Scalar* dk);
};

XTAPE_KERNEL_FAMILY(HalfConvKernels)
XTAPE_KERNEL_FAMILY(HalfConvGradKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
