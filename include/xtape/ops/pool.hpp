// SPDX-License-Identifier: MIT
/// \file
/// Pooling.
#pragma once

#include <xtape/tape.hpp>
#include <xtape/window.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The maximum of each window of images (N, H, W, C), per channel; a NaN is the maximum of its window.
/// The gradient goes to the first of equal maxima. The result is (N, H', W', C) with
/// H' = floor((H + padding - window) / stride) + 1. Throws ShapeError unless x is (N, H, W, C) and the
/// window fits, ValueError for a window of more than 256 elements (`max` takes whole images) or padding as
/// large as the window.
Variable max_pool2d(const Variable& x, const Pool2DOptions& options = {},
                    Location at = Location::current());
/// The mean of each window, without its padding (as in Keras; PyTorch counts padding as zeros unless
/// told otherwise). Each element of a window of n gets 1 / n of its gradient. Shapes and errors are those
/// of max_pool2d, but a window may have any size.
Variable avg_pool2d(const Variable& x, const Pool2DOptions& options = {},
                    Location at = Location::current());

/// `max_pool2d` of sequences (N, T, C), seen as images of one row: (N, T', C).
Variable max_pool1d(const Variable& x, const Pool1DOptions& options = {},
                    Location at = Location::current());
/// `avg_pool2d` of sequences (N, T, C), seen as images of one row: (N, T', C).
Variable avg_pool1d(const Variable& x, const Pool1DOptions& options = {},
                    Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
