// SPDX-License-Identifier: MIT
/// \file
/// Layers without parameters. Plain functions such as `relu` and `flatten` are layers, too; those that take
/// options, or share their name with a function of the C library, have a layer here.
#pragma once

#include <xtape/ops/activation.hpp>
#include <xtape/ops/dropout.hpp>
#include <xtape/ops/pool.hpp>
#include <xtape/ops/resample.hpp>
#include <xtape/ops/shape.hpp>
#include <xtape/ops/softmax.hpp>
#include <xtape/ops/unary.hpp>

#pragma GCC visibility push(default)
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

/// Takes the maximum of each window of sequences. See `max_pool1d`.
class MaxPool1D {
 public:
  /// Windows side by side, without padding.
  explicit MaxPool1D(std::size_t window) : options_{.window = window} {}
  /// All options.
  explicit MaxPool1D(const Pool1DOptions& options) : options_{options} {}
  /// Applies the layer. Throws as max_pool1d does.
  Variable operator()(const Variable& x, Location at = Location::current()) const {
    return max_pool1d(x, options_, at);
  }

 private:
  Pool1DOptions options_;
};

/// Takes the mean of each window of sequences. See `avg_pool1d`.
class AvgPool1D {
 public:
  /// Windows side by side, without padding.
  explicit AvgPool1D(std::size_t window) : options_{.window = window} {}
  /// All options.
  explicit AvgPool1D(const Pool1DOptions& options) : options_{options} {}
  /// Applies the layer. Throws as avg_pool1d does.
  Variable operator()(const Variable& x, Location at = Location::current()) const {
    return avg_pool1d(x, options_, at);
  }

 private:
  Pool1DOptions options_;
};

/// The mean of each channel over all pixels, or steps: (N, ..., C) to (N, C). See `mean`.
struct GlobalAvgPool {
  /// Applies the layer. Throws ShapeError unless x has three axes or more.
  Variable operator()(const Variable& x, Location at = Location::current()) const;
};

/// The maximum of each channel over all pixels, or steps: (N, ..., C) to (N, C). See `max`.
struct GlobalMaxPool {
  /// Applies the layer. Throws ShapeError unless x has three axes or more.
  Variable operator()(const Variable& x, Location at = Location::current()) const;
};

/// The means of windows that divide images evenly into a result of a given size. See `adaptive_avg_pool2d`.
struct AdaptiveAvgPool2D {
  Size2D size = 1;  ///< of the result, at least 1
  /// Applies the layer. Throws as adaptive_avg_pool2d does.
  Variable operator()(const Variable& x, Location at = Location::current()) const {
    return adaptive_avg_pool2d(x, {.size = size}, at);
  }
};

/// Makes images larger. See `upsample2d`.
class Upsample {
 public:
  /// So many times as large, each pixel repeated.
  explicit Upsample(Size2D factor) : options_{.factor = factor} {}
  /// All options.
  explicit Upsample(const Upsample2DOptions& options) : options_{options} {}
  /// Applies the layer. Throws as upsample2d does.
  Variable operator()(const Variable& x, Location at = Location::current()) const {
    return upsample2d(x, options_, at);
  }

 private:
  Upsample2DOptions options_;
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

/// max(x, 0). See `relu`.
struct ReLU {
  /// Applies the layer.
  Variable operator()(const Variable& x, Location at = Location::current()) const {
    return relu(x, at);
  }
};

/// x where it is positive, else slope * x. See `leaky_relu`.
struct LeakyReLU {
  double slope = LeakyReluOptions{}.slope;  ///< for x < 0, at least 0
  /// Applies the layer.
  Variable operator()(const Variable& x, Location at = Location::current()) const {
    return leaky_relu(x, {.slope = slope}, at);
  }
};

/// The hyperbolic tangent. See `tanh`.
struct Tanh {
  /// Applies the layer.
  Variable operator()(const Variable& x, Location at = Location::current()) const {
    return tanh(x, at);
  }
};

/// 1 / (1 + e^-x). See `sigmoid`.
struct Sigmoid {
  /// Applies the layer.
  Variable operator()(const Variable& x, Location at = Location::current()) const {
    return sigmoid(x, at);
  }
};

/// Probabilities from logits. See `softmax`; `softmax_cross_entropy` takes the logits themselves.
struct Softmax {
  std::ptrdiff_t axis = -1;  ///< negative ones count from the last
  /// Applies the layer.
  Variable operator()(const Variable& x, Location at = Location::current()) const {
    return softmax(x, {.axis = axis}, at);
  }
};

/// (N, ...) to (N, product of the rest). See `flatten`.
struct Flatten {
  /// Applies the layer.
  Variable operator()(const Variable& x, Location at = Location::current()) const {
    return flatten(x, at);
  }
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
