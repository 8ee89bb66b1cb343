// SPDX-License-Identifier: MIT
/// \file
/// Convolution.
#pragma once

#include <xtape/activation.hpp>
#include <xtape/ops/window.hpp>
#include <xtape/tape.hpp>

namespace xtape::inline XTAPE_ABI {

/// Options of conv2d.
struct Conv2DOptions {
  Size2D stride = 1;                         ///< how far the window moves, at least 1
  Padding padding = Padding::valid;          ///< zeros around the images
  Size2D dilation = 1;                       ///< distance of neighbouring taps, at least 1
  Activation activation = Activation::none;  ///< applied to the result while it is in the cache
};

/// The convolution (in the field's sense: the kernel is not flipped) of images x (N, H, W, in) with
/// a kernel (kh, kw, in, out), plus a bias (out,), through an activation. With stride s and dilation d
/// `y[n, i, j, o] = bias[o] + sum_{a, b, c} x[n, i s + a d, j s + b d, c] kernel[a, b, c, o]`.
/// The result is (N, H', W', out) with H' = floor((H + padding - (kh - 1) d - 1) / s) + 1.
/// Throws ShapeError where shapes do not fit or the kernel is larger than the padded image, ValueError
/// for a stride or dilation of 0.
Variable conv2d(const Variable& x, const Variable& kernel, const Variable& bias,
                const Conv2DOptions& options = {}, Location at = Location::current());
/// The same without a bias.
Variable conv2d(const Variable& x, const Variable& kernel, const Conv2DOptions& options = {},
                Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
