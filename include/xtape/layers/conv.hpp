// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/layers/init.hpp>
#include <xtape/ops/conv.hpp>

#include <optional>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

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
    Activation activation = Activation::none;        ///< fused into the convolution
    Size2D max_pool = 1;                             ///< max-pooling fused into it; 1 is none
    bool bias = true;                                ///< whether there is a bias
    Initializer weight_init = init::glorot_uniform;  ///< for the weight (kh, kw, in, out)
    Initializer bias_init = init::zeros;             ///< for the bias (out,)
  };

  /// Draws the initial weights from `rng`. Throws ValueError if a size is 0.
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

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
