// SPDX-License-Identifier: MIT
// Convolution of channels-last images, padded: convolution.hpp does that, and decides.
#pragma once

#include "kernels/family.hpp"
#include "kernels/pool.hpp"

#include <xtape/activation.hpp>

#include <cstddef>

namespace xtape::inline XTAPE_ABI::kernels {

/// Sizes of images (batch, height, width, in), which padded are x, of a kernel (kernel_h, kernel_w, in, out)
/// and of y (batch, out_h, out_w, out): each slide has a height or a width of all three.
struct ConvSizes {
  std::size_t batch, in, out;
  Slide rows, columns;
};

struct ConvKernels {
  /// y = activation(conv(x, kernel) + bias); a null bias is none. Activation: none or relu.
  void (*conv2d)(const ConvSizes&, const Scalar* x, const Scalar* kernel, const Scalar* bias,
                 Activation, Scalar* y);
  /// The same and max_pool2d of it, without the array between. The windows do not overlap and are not
  /// padded.
  void (*conv2d_max_pool)(const ConvSizes&, const PoolSizes&, const Scalar* x, const Scalar* kernel,
                          const Scalar* bias, Activation, Scalar* y, std::uint8_t* position);
};

struct ConvGradKernels {
  /// dk[i, j, a, b] = sum over n, y, x of x[n, y * stride + i * dilation, ..., a] * g[n, y, x, b]
  void (*conv2d_grad_kernel)(const ConvSizes&, const Scalar* x, const Scalar* g, Scalar* dk);
  /// The same for conv2d_max_pool.
  void (*conv2d_max_pool_grad_kernel)(const ConvSizes&, const PoolSizes&, const Scalar* x,
                                      const std::uint8_t* position, const Scalar* g, Scalar* dk);
};

struct Col2imKernels {
  /// columns (rows, out_w, kernel_h, kernel_w, in) has what each output pixel of the rows from `top` on
  /// gives each of its taps: adds it to the gradient dx (height, width, in) of one image. What belongs to
  /// the padding is left out.
  void (*col2im)(const ConvSizes&, std::size_t top, std::size_t rows, const Scalar* columns,
                 Scalar* dx);
};

XTAPE_KERNEL_FAMILY(ConvKernels)
XTAPE_KERNEL_FAMILY(ConvGradKernels)
XTAPE_KERNEL_FAMILY(Col2imKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
