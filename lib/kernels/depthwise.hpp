// SPDX-License-Identifier: MIT
// Convolution of each channel with a kernel of its own. Images are as they are: of the padding nothing is read.
#pragma once

#include "kernels/conv.hpp"
#include "kernels/terms.hpp"

namespace xtape::inline XTAPE_ABI::kernels {

/// What is read, (batch, height, width, channels), with a kernel (.., window, channels), and which taps of it make
/// each row and column of the result.
struct DepthwiseSizes {
  std::size_t batch, height, width, channels, window;
  TermTable<std::size_t> rows, columns;
  std::size_t
      stride;  // between the terms of neighbouring columns of the result, where they have the same taps
};

struct DepthwiseKernels {
  /// y[n, i, j, c] = activation(bias[c] + sum of x[n, row, column, c] * kernel[tap, tap, c] over the terms of row i and
  /// column j); a null bias is none. Activation: none or relu.
  void (*depthwise)(const DepthwiseSizes&, const Scalar* x, const Scalar* kernel,
                    const Scalar* bias, Activation, Scalar* y);
  /// dk[a, b, c] = sum over n, i, j of x[n, i * stride + a * dilation, ..., c] * g[n, i, j, c], of images (batch,
  /// height, width, channels), whose slides the sizes have.
  void (*depthwise_grad_kernel)(const ConvSizes&, std::size_t channels, const Scalar* x,
                                const Scalar* g, Scalar* dk);
};

XTAPE_KERNEL_FAMILY(DepthwiseKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
