// SPDX-License-Identifier: MIT
/// \file
/// Images in another size: each pixel of the result is a weighted sum of some of the images'.
#pragma once

#include <xtape/tape.hpp>
#include <xtape/window.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// How a pixel between others is made of them.
enum class Interpolation {
  nearest,   ///< it is the pixel that its upper left corner lies in
  bilinear,  ///< a mean of the four around it, the nearer the more
};

/// Options of upsample2d.
struct Upsample2DOptions {
  Size2D factor = 2;                            ///< how many times as large, at least 1
  Size2D size = 0;                              ///< the result's size; 0 is the factor's
  Interpolation mode = Interpolation::nearest;  ///< what is between pixels
  /// For Interpolation::bilinear: the centres of the corner pixels stay in the corners, and the others lie evenly
  /// between them. Otherwise the corners of the images do, as in Keras and by default in PyTorch.
  bool align_corners = false;
};

/// Options of adaptive_avg_pool2d.
struct AdaptivePool2DOptions {
  Size2D size = 1;  ///< the result's, at least 1
};

/// Images x (N, H, W, C) in the size H' = factor H, or that given, as `interpolate` of PyTorch.
/// `y[n, i, j, c] = sum_{u, v} a[i, u] b[j, v] x[n, u, v, c]`: for the nearest pixel u = floor(i H / H'), with weight
/// 1; for a bilinear one the two pixels around (i + 1/2) H / H' - 1/2, or around i (H - 1) / (H' - 1) with aligned
/// corners, where what lies outside is the pixel at the edge. With g the gradient of the result,
/// `dx[n, u, v, c] = sum_{i, j} a[i, u] b[j, v] g[n, i, j, c]`.
/// Throws ShapeError unless x is (N, H, W, C) with pixels, ValueError for a factor of 0 or a size of more than 2^31,
/// and for aligned corners without interpolation.
Variable upsample2d(const Variable& x, const Upsample2DOptions& options = {},
                    Location at = Location::current());

/// The means of windows that divide images x (N, H, W, C), whatever their size, into a result of H' x W' pixels as
/// evenly as can be: row i is the mean of the rows from floor(i H / H') to ceil((i + 1) H / H'), as in PyTorch. Windows
/// overlap where H' does not divide H. Each element of a window of n gets 1 / n of its gradient.
/// Throws ShapeError unless x is (N, H, W, C) with pixels, ValueError for a size of 0 or more than 2^31.
Variable adaptive_avg_pool2d(const Variable& x, const AdaptivePool2DOptions& options = {},
                             Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
