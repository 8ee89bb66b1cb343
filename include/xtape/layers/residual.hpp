// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/layers/sequential.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// A skip connection (He et al., 2016): activation(shortcut(x) + layers(x)), where the shortcut is x itself and the
/// activation none unless they are given:
/// ```
/// Residual{Sequential{BatchNorm{{.channels = 8}}, relu, Conv2D{{.in = 8, .out = 8, .padding = Padding::same}, rng}}}
/// ```
/// The sum and the activation take no pass of their own where the last of the layers can do them in its own (AddsTo): a
/// MultiHeadAttention, a Dense without an activation, and a BatchNorm without one, for none and relu.
/// The parameters of the layers are listed under their numbers, as in a Sequential, those of the shortcut under
/// `shortcut`.
class Residual {
 public:
  /// Takes the layers over. An empty shortcut is the identity.
  explicit Residual(Sequential layers, Sequential shortcut = Sequential{},
                    Activation activation = Activation::none)
      : layers_{std::move(layers)}, shortcut_{std::move(shortcut)}, activation_{activation} {}

  /// Applies both and adds. Throws ShapeError if their results have different shapes.
  Variable operator()(const Variable& x, Location at = Location::current());
  /// Lists the parameters of the layers, then those of the shortcut.
  void parameters(ParameterList& list);

 private:
  Sequential layers_, shortcut_;
  Activation activation_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
