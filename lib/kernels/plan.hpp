// SPDX-License-Identifier: MIT
// What is decided about an op that slides a window over images, from shapes and options alone: the op, its
// gradients and what it is in ONNX all take it from here.
#pragma once

#include "kernels/conv.hpp"

#include <xtape/array.hpp>
#include <xtape/error.hpp>
#include <xtape/window.hpp>

namespace xtape::inline XTAPE_ABI::kernels {

/// Pooling. Throws what avg_pool2d says.
PoolSizes plan(const Op& op, const Shape& images, const Pool2DOptions& options);
/// Throws ValueError if a position in the window does not fit into a byte.
void check_max_window(const Op& op, const PoolSizes& sizes);

/// A convolution. What runs it is in convolution.hpp.
struct ConvPlan {
  ConvSizes sizes;
  PoolSizes pool = {};  ///< of the result
  /// For the sums in their registers, none or relu. Another activation is for the op to apply.
  Activation epilogue = Activation::none;
  /// The gradient of the images is a convolution with the flipped kernel, not a product that is scattered.
  bool flips = false;

  bool pads() const;   ///< whether the kernels read a copy of the images with zeros around
  bool pools() const;  ///< whether of the result only the maxima are kept
  Shape images() const;
  Shape padded() const;
  Shape kernel() const;
  Shape result() const;  ///< pooled
  double flops() const;  ///< of each of the three functions
};
/// Throws what conv2d says.
ConvPlan plan(const Op& op, const Shape& images, const Shape& kernel, const Conv2DOptions& options);
/// The convolution that has x as its result. Throws what conv_transpose2d says.
ConvPlan plan(const Op& op, const Shape& x, const Shape& kernel,
              const ConvTranspose2DOptions& options);
/// The convolution that has `result` as its result. Throws what conv2d_grad_kernel says.
ConvPlan plan(const Op& op, const Shape& images, const Shape& result,
              const Conv2DGradKernelOptions& options);

}  // namespace xtape::inline XTAPE_ABI::kernels
