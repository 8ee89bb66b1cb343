// SPDX-License-Identifier: MIT
/// \file
/// Convolution.
#pragma once

#include <xtape/activation.hpp>
#include <xtape/ops/window.hpp>
#include <xtape/tape.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Options of conv2d.
struct Conv2DOptions {
  Size2D stride = 1;                         ///< how far the window moves, at least 1
  Padding padding = Padding::valid;          ///< zeros around the images
  Size2D dilation = 1;                       ///< distance of neighbouring taps, at least 1
  Activation activation = Activation::none;  ///< applied to the result while it is in the cache
  Size2D max_pool = 1;  ///< windows, side by side, of which only the maxima are kept; 1 keeps all
};

/// The convolution (in the field's sense: the kernel is not flipped) of images x (N, H, W, in) with
/// a kernel (kh, kw, in, out), plus a bias (out,), through an activation. With stride s and dilation d
/// `y[n, i, j, o] = bias[o] + sum_{a, b, c} x[n, i s + a d, j s + b d, c] kernel[a, b, c, o]`.
/// The result is (N, H', W', out) with H' = floor((H + padding - (kh - 1) d - 1) / s) + 1. With `max_pool`
/// p it is `max_pool2d` of that, (N, floor(H' / p), floor(W' / p), out), but the array between is never
/// written.
/// With g the gradient of the result before the activation: `dbias[o] = sum_{n, i, j} g[n, i, j, o]`,
/// `dkernel[a, b, c, o] = sum_{n, i, j} x[n, i s + a d, j s + b d, c] g[n, i, j, o]`, and dx[n, u, v, c] is the
/// sum of `g[n, i, j, o] kernel[a, b, c, o]` over all terms in which x[n, u, v, c] stands above.
/// Throws ShapeError where shapes do not fit or the kernel is larger than the padded image, ValueError
/// for a stride, a dilation or a window of 0 and a window of more than 256 elements.
Variable conv2d(const Variable& x, const Variable& kernel, const Variable& bias,
                const Conv2DOptions& options = {}, Location at = Location::current());
/// The same without a bias.
Variable conv2d(const Variable& x, const Variable& kernel, const Conv2DOptions& options = {},
                Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
