// SPDX-License-Identifier: MIT
// What is decided about an op that slides a window over images, from shapes and options alone: the op, its
// gradients and what it is in ONNX all take it from here.
#pragma once

#include "kernels/conv.hpp"
#include "kernels/half_unit.hpp"

#include <xtape/array.hpp>
#include <xtape/error.hpp>
#include <xtape/window.hpp>

namespace xtape::inline XTAPE_ABI::kernels {

/// Pooling. Throws what avg_pool2d says.
PoolSizes plan(const Op& op, const Shape& images, const Pool2DOptions& options);
/// Pooling of sequences (N, T, C), seen as images of one row.
PoolSizes plan(const Op& op, const Shape& sequences, const Pool1DOptions& options);
/// Throws ValueError if a position in the window does not fit into a byte.
void check_max_window(const Op& op, const PoolSizes& sizes);

/// A convolution. What runs it is in convolution.hpp.
struct ConvPlan {
  ConvSizes sizes;         ///< of each group
  PoolSizes pool = {};     ///< of the result, of all groups
  std::size_t groups = 1;  ///< parts of the channels
  /// Arrays are sequences (N, T, C) and kernels (k, in, out), of which sizes are those of images of one row.
  bool sequences = false;
  /// For the sums in their registers, none or relu. Another activation is for the op to apply.
  Activation epilogue = Activation::none;
  /// The gradient of the images is a convolution with the flipped kernel, not a product that is scattered.
  bool flips = false;
  /// By Winograd's minimal filtering (winograd.hpp), which reads images that are not padded.
  bool winograd = false;
  /// In half precision by this unit (half_conv.hpp), which reads images that are not padded, or null.
  const HalfUnit* half = nullptr;

  bool pads() const;           ///< whether the kernels read a copy of the images with zeros around
  bool pools() const;          ///< whether of the result only the maxima are kept
  bool pools_apart() const;    ///< whether that, if at all, is a step of its own
  bool unpools_apart() const;  ///< and for the gradients
  bool spreads() const;        ///< whether gradients are those of a convolution without the stride
  bool depthwise() const;      ///< whether each channel is a group
  Shape images() const;
  Shape kernel() const;
  Shape unpooled() const;  ///< the result before pooling
  Shape result() const;
  double flops() const;    ///< of each of the three functions
  ConvPlan group() const;  ///< one group, not pooled
  /// Of the same images, with results between those of this one, not pooled.
  ConvPlan without_stride() const;
};
/// Throws what conv2d says.
ConvPlan plan(const Op& op, const Shape& images, const Shape& kernel, const Conv2DOptions& options);
/// Throws what conv1d says.
ConvPlan plan(const Op& op, const Shape& sequences, const Shape& kernel,
              const Conv1DOptions& options);
/// The convolution that has x as its result. Throws what conv_transpose2d says.
ConvPlan plan(const Op& op, const Shape& x, const Shape& kernel,
              const ConvTranspose2DOptions& options);
/// The convolution that has `result` as its result. Throws what conv2d_grad_kernel says.
ConvPlan plan(const Op& op, const Shape& images, const Shape& result,
              const Conv2DGradKernelOptions& options);

}  // namespace xtape::inline XTAPE_ABI::kernels
