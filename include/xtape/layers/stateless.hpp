// SPDX-License-Identifier: MIT
/// \file
/// Layers without parameters. Plain functions such as `relu` and `flatten` are layers, too.
#pragma once

#include <xtape/ops/dropout.hpp>
#include <xtape/ops/pool.hpp>
#include <xtape/ops/shape.hpp>

namespace xtape::inline XTAPE_ABI {

/// Takes the maximum of each window of images. See `max_pool2d`.
class MaxPool2D {
 public:
  /// Windows side by side, without padding.
  explicit MaxPool2D(Size2D window) : options_{.window = window} {}
  /// All options.
  explicit MaxPool2D(const Pool2DOptions& options) : options_{options} {}
  /// Applies the layer. Throws as max_pool2d does.
  Variable operator()(const Variable& x, Location at = Location::current()) const {
    return max_pool2d(x, options_, at);
  }

 private:
  Pool2DOptions options_;
};

/// Takes the mean of each window of images. See `avg_pool2d`.
class AvgPool2D {
 public:
  /// Windows side by side, without padding.
  explicit AvgPool2D(Size2D window) : options_{.window = window} {}
  /// All options.
  explicit AvgPool2D(const Pool2DOptions& options) : options_{options} {}
  /// Applies the layer. Throws as avg_pool2d does.
  Variable operator()(const Variable& x, Location at = Location::current()) const {
    return avg_pool2d(x, options_, at);
  }

 private:
  Pool2DOptions options_;
};

/// Drops elements while training. See `dropout`.
class Dropout {
 public:
  /// Throws ValueError for a rate outside [0, 1).
  explicit Dropout(double rate, Location at = Location::current());
  /// Applies the layer.
  Variable operator()(const Variable& x, Location at = Location::current()) const {
    return dropout(x, options_, at);
  }

 private:
  DropoutOptions options_;
};

/// (N, ...) to (N, product of the rest). See `flatten`.
struct Flatten {
  /// Applies the layer.
  Variable operator()(const Variable& x, Location at = Location::current()) const {
    return flatten(x, at);
  }
};

}  // namespace xtape::inline XTAPE_ABI
