// SPDX-License-Identifier: MIT
/// \file
/// Layers that convolve.
#pragma once

#include <xtape/layers/init.hpp>
#include <xtape/ops/conv.hpp>

#include <optional>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// A convolution layer over sequences: (N, T, in) to (N, T', out), with an activation and max-pooling if asked for.
/// See `conv1d`.
class Conv1D {
 public:
  /// What a convolution layer over sequences is made of.
  struct Options {
    std::size_t in = 0;                              ///< channels of the input, at least 1
    std::size_t out = 0;                             ///< channels of the output, at least 1
    std::size_t kernel = 3;                          ///< taps, at least 1
    std::size_t stride = 1;                          ///< how far the window moves, at least 1
    Padding1D padding = Padding1D::valid;            ///< zeros around the sequences
    std::size_t dilation = 1;                        ///< distance of neighbouring taps, at least 1
    std::size_t groups = 1;                          ///< parts of the channels; it divides both
    Activation activation = Activation::none;        ///< fused into the convolution
    std::size_t max_pool = 1;                        ///< max-pooling fused into it; 1 is none
    bool bias = true;                                ///< whether there is a bias
    Initializer weight_init = init::glorot_uniform;  ///< for the weight (k, in / groups, out)
    Initializer bias_init = init::zeros;             ///< for the bias (out,)
  };

  /// Draws the initial weights from `rng`. Throws ValueError if a size is 0.
  Conv1D(const Options& options, Rng& rng, Location at = Location::current());

  /// Applies the layer. Throws ShapeError unless x is (N, T, in) and the kernel fits.
  Variable operator()(const Variable& x, Location at = Location::current());
  /// Lists `weight` and, if there is one, `bias`.
  void parameters(ParameterList& list);

 private:
  Parameter weight_;
  std::optional<Parameter> bias_;
  Conv1DOptions options_;
};

/// A convolution layer: images (N, H, W, in) to (N, H', W', out), with an activation and max-pooling if
/// asked for. See `conv2d`.
class Conv2D {
 public:
  /// What a convolution layer is made of.
  struct Options {
    std::size_t in = 0;                              ///< channels of the input, at least 1
    std::size_t out = 0;                             ///< channels of the output, at least 1
    Size2D kernel = 3;                               ///< taps, at least 1
    Size2D stride = 1;                               ///< how far the window moves, at least 1
    Padding padding = Padding::valid;                ///< zeros around the images
    Size2D dilation = 1;                             ///< distance of neighbouring taps, at least 1
    std::size_t groups = 1;                          ///< parts of the channels; it divides both
    Activation activation = Activation::none;        ///< fused into the convolution
    Size2D max_pool = 1;                             ///< max-pooling fused into it; 1 is none
    bool bias = true;                                ///< whether there is a bias
    Initializer weight_init = init::glorot_uniform;  ///< for the weight (kh, kw, in / groups, out)
    Initializer bias_init = init::zeros;             ///< for the bias (out,)
    bool winograd = true;                            ///< see `Conv2DOptions::winograd`
  };

  /// Draws the initial weights from `rng`. Throws ValueError if a size is 0 or the groups do not divide the channels.
  Conv2D(const Options& options, Rng& rng, Location at = Location::current());

  /// Applies the layer. Throws ShapeError unless x is (N, H, W, in) and the kernel fits.
  Variable operator()(const Variable& x, Location at = Location::current());
  /// Lists `weight` and, if there is one, `bias`.
  void parameters(ParameterList& list);

 private:
  Parameter weight_;
  std::optional<Parameter> bias_;
  Conv2DOptions options_;
};

/// A transposed convolution layer, which makes larger images: (N, H, W, in) to (N, H', W', out). See
/// `conv_transpose2d`.
class ConvTranspose2D {
 public:
  /// What a transposed convolution layer is made of.
  struct Options {
    std::size_t in = 0;                        ///< channels of the input, at least 1
    std::size_t out = 0;                       ///< channels of the output, at least 1
    Size2D kernel = 3;                         ///< taps, at least 1
    Size2D stride = 1;                         ///< distance of the pixels in the result
    Padding padding = Padding::valid;          ///< what the result lacks at its edges
    Size2D dilation = 1;                       ///< distance of neighbouring taps, at least 1
    std::size_t groups = 1;                    ///< parts of the channels; it divides both
    Size2D output_padding = 0;                 ///< more rows and columns at the end
    Activation activation = Activation::none;  ///< applied to the result
    bool bias = true;                          ///< whether there is a bias
    /// For the weight (kh, kw, out / groups, in). Its fan-in is, as in Keras and PyTorch, that of the convolution whose
    /// kernel it would be: its taps times out / groups.
    Initializer weight_init = init::glorot_uniform;
    Initializer bias_init = init::zeros;  ///< for the bias (out,)
    bool winograd = true;                 ///< see `ConvTranspose2DOptions::winograd`
  };

  /// Draws the initial weights from `rng`. Throws ValueError if a size is 0 or the groups do not divide the channels.
  ConvTranspose2D(const Options& options, Rng& rng, Location at = Location::current());

  /// Applies the layer. Throws ShapeError unless x is (N, H, W, in).
  Variable operator()(const Variable& x, Location at = Location::current());
  /// Lists `weight` and, if there is one, `bias`.
  void parameters(ParameterList& list);

 private:
  Parameter weight_;
  std::optional<Parameter> bias_;
  ConvTranspose2DOptions options_;
};

/// A convolution of each channel for itself: (N, H, W, channels) to (N, H', W', channels * multiplier), of which
/// each channel's results are neighbours. It is a Conv2D with a group per channel.
class DepthwiseConv2D {
 public:
  /// What a depthwise convolution layer is made of.
  struct Options {
    std::size_t channels = 0;                        ///< of the input, at least 1
    std::size_t multiplier = 1;                      ///< results of each channel, at least 1
    Size2D kernel = 3;                               ///< taps, at least 1
    Size2D stride = 1;                               ///< how far the window moves, at least 1
    Padding padding = Padding::valid;                ///< zeros around the images
    Size2D dilation = 1;                             ///< distance of neighbouring taps, at least 1
    Activation activation = Activation::none;        ///< fused into the convolution
    bool bias = true;                                ///< whether there is a bias
    Initializer weight_init = init::glorot_uniform;  ///< for the weight (kh, kw, 1, results)
    Initializer bias_init = init::zeros;             ///< for the bias (results,)
  };

  /// Draws the initial weights from `rng`. Throws ValueError if a size is 0.
  DepthwiseConv2D(const Options& options, Rng& rng, Location at = Location::current());

  /// Applies the layer. Throws ShapeError unless x is (N, H, W, channels) and the kernel fits.
  Variable operator()(const Variable& x, Location at = Location::current()) {
    return layer_(x, at);
  }
  /// Lists `weight` and, if there is one, `bias`.
  void parameters(ParameterList& list) { layer_.parameters(list); }

 private:
  Conv2D layer_;
};

/// A depthwise convolution, without a bias, and then one of each pixel for itself: (N, H, W, in) to (N, H', W', out),
/// in far fewer products than a Conv2D takes (Chollet, 2017).
class SeparableConv2D {
 public:
  /// What a separable convolution layer is made of.
  struct Options {
    std::size_t in = 0;                              ///< channels of the input, at least 1
    std::size_t out = 0;                             ///< channels of the output, at least 1
    std::size_t multiplier = 1;                      ///< results of each channel between the two
    Size2D kernel = 3;                               ///< taps of the first, at least 1
    Size2D stride = 1;                               ///< of the first, at least 1
    Padding padding = Padding::valid;                ///< zeros around the images
    Size2D dilation = 1;                             ///< distance of neighbouring taps, at least 1
    Activation activation = Activation::none;        ///< fused into the second
    bool bias = true;                                ///< whether the second has a bias
    Initializer weight_init = init::glorot_uniform;  ///< for both weights
    Initializer bias_init = init::zeros;             ///< for the bias (out,)
  };

  /// Draws the initial weights from `rng`. Throws ValueError if a size is 0.
  SeparableConv2D(const Options& options, Rng& rng, Location at = Location::current());

  /// Applies the layer. Throws ShapeError unless x is (N, H, W, in) and the kernel fits.
  Variable operator()(const Variable& x, Location at = Location::current());
  /// Lists `depthwise.weight`, `pointwise.weight` and, if there is one, `pointwise.bias`.
  void parameters(ParameterList& list);

 private:
  DepthwiseConv2D depthwise_;
  Conv2D pointwise_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
