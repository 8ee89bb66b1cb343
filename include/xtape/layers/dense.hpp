// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/layers/init.hpp>
#include <xtape/ops/linear.hpp>

#include <optional>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// A fully connected layer: (N, in) to (N, out), or (..., in) to (..., out), activation(x weight + bias). See
/// `dense`.
class Dense {
 public:
  /// What a dense layer is made of.
  struct Options {
    std::size_t in = 0;                              ///< features of the input, at least 1
    std::size_t out = 0;                             ///< features of the output, at least 1
    Activation activation = Activation::none;        ///< fused into the product
    bool bias = true;                                ///< whether there is a bias
    Initializer weight_init = init::glorot_uniform;  ///< for the weight (in, out)
    Initializer bias_init = init::zeros;             ///< for the bias (out,)
  };

  /// Draws the initial weights from `rng`. Throws ValueError if `in` or `out` is 0.
  Dense(const Options& options, Rng& rng, Location at = Location::current());

  /// Applies the layer. Throws ShapeError unless x is (N, in) or (..., in).
  Variable operator()(const Variable& x, Location at = Location::current());
  /// activation(around + the layer's result), in one pass unless the layer has an activation of its own: see
  /// `add_dense`. Throws ShapeError unless x is (N, in) or (..., in) and `around` has the shape of the result.
  Variable add_to(const Variable& around, const Variable& x,
                  Activation activation = Activation::none, Location at = Location::current());
  /// Lists `weight` and, if there is one, `bias`.
  void parameters(ParameterList& list);

 private:
  Parameter weight_;
  std::optional<Parameter> bias_;
  DenseOptions options_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
