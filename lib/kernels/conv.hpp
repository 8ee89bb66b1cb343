// SPDX-License-Identifier: MIT
// Convolution of channels-last images, unpadded: the op pads.
#pragma once

#include "kernels/family.hpp"
#include "kernels/pool.hpp"

#include <xtape/activation.hpp>

#include <cstddef>

namespace xtape::inline XTAPE_ABI::kernels {

/// Sizes of x (batch, height, width, in), kernel (kernel_h, kernel_w, in, out) and
/// y (batch, out_h, out_w, out).
struct Conv2D {
  std::size_t batch, height, width, in;
  std::size_t kernel_h, kernel_w, out;
  std::size_t stride_h, stride_w, dilation_h, dilation_w;
  std::size_t out_h, out_w;
};

/// The images as they are without the padding: sizes, and how many zeros are above and to the left.
struct Image {
  std::size_t height, width, top = 0, left = 0;
};

struct ConvKernels {
  /// y = activation(conv(x, kernel) + bias); a null bias is none. Activation: none or relu.
  void (*conv2d)(const Conv2D&, const Scalar* x, const Scalar* kernel, const Scalar* bias,
                 Activation, Scalar* y);
  /// The same and max_pool2d of it, without the array between. The windows do not overlap and are not
  /// padded.
  void (*conv2d_max_pool)(const Conv2D&, const Pool2D&, const Scalar* x, const Scalar* kernel,
                          const Scalar* bias, Activation, Scalar* y, std::uint8_t* position);
};

struct ConvGradKernels {
  /// dk[i, j, a, b] = sum over n, y, x of x[n, y * stride + i * dilation, ..., a] * g[n, y, x, b]
  void (*conv2d_grad_kernel)(const Conv2D&, const Scalar* x, const Scalar* g, Scalar* dk);
  /// The same for conv2d_max_pool.
  void (*conv2d_max_pool_grad_kernel)(const Conv2D&, const Pool2D&, const Scalar* x,
                                      const std::uint8_t* position, const Scalar* g, Scalar* dk);
};

struct Col2imKernels {
  /// columns (rows, out_w, kernel_h, kernel_w, in) has what each output pixel of the rows from `top` on
  /// gives each of its taps: adds it to the gradient dx (height, width, in) of one image. What belongs to
  /// the padding is left out.
  void (*col2im)(const Conv2D&, const Image&, std::size_t top, std::size_t rows,
                 const Scalar* columns, Scalar* dx);
};

XTAPE_KERNEL_FAMILY(ConvKernels)
XTAPE_KERNEL_FAMILY(ConvGradKernels)
XTAPE_KERNEL_FAMILY(Col2imKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
