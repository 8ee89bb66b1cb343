// SPDX-License-Identifier: MIT
/// \file
/// Activations, elementwise: the result has the shape of x.
#pragma once

#include <xtape/tape.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// 1 / (1 + e^-x). Derivative: sigmoid(x) (1 - sigmoid(x)).
Variable sigmoid(const Variable& x, Location at = Location::current());
/// max(x, 0); NaN stays NaN. Derivative: 1 where x > 0, else 0.
Variable relu(const Variable& x, Location at = Location::current());
/// log(1 + e^x), without overflow. Derivative: sigmoid(x).
Variable softplus(const Variable& x, Location at = Location::current());
/// x sigmoid(x), also called swish (Ramachandran et al., 2017). Derivative: s (1 + x (1 - s)) with s = sigmoid(x).
Variable silu(const Variable& x, Location at = Location::current());
/// x tanh(softplus(x)) (Misra, 2019). Derivative: t + x (1 - t^2) sigmoid(x) with t = tanh(softplus(x)).
Variable mish(const Variable& x, Location at = Location::current());
/// x / (1 + |x|). Derivative: 1 / (1 + |x|)^2.
Variable softsign(const Variable& x, Location at = Location::current());
/// x / 6 + 1/2, but at least 0 and at most 1, as in PyTorch and Keras 3. Derivative: 1/6 where -3 < x < 3, else 0.
Variable hard_sigmoid(const Variable& x, Location at = Location::current());

/// Options of elu.
struct EluOptions {
  double alpha = 1;  ///< minus the limit of results for x to minus infinity, at least 0
};
/// x where x > 0, else alpha (e^x - 1) (Clevert et al., 2015). Derivative: 1 or alpha e^x; alpha at 0.
/// Throws ValueError for an alpha below 0.
Variable elu(const Variable& x, const EluOptions& options = {}, Location at = Location::current());
/// scale * elu(x) with alpha = 1.6732632423543772 and scale = 1.0507009873554805, with which mean 0 and variance 1
/// are kept from layer to layer (Klambauer et al., 2017). Derivative: scale or scale alpha e^x.
Variable selu(const Variable& x, Location at = Location::current());

/// Options of gelu.
struct GeluOptions {
  bool tanh = false;  ///< the approximation by tanh, at most 5e-4 off, as BERT and GPT-2 have it
};
/// x P(x), where P is the distribution function of the standard normal distribution, (1 + erf(x / sqrt(2))) / 2
/// (Hendrycks and Gimpel, 2016); approximately x (1 + tanh(u)) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3).
/// Derivative: P(x) + x e^(-x^2 / 2) / sqrt(2 pi), or that of the approximation.
Variable gelu(const Variable& x, const GeluOptions& options = {},
              Location at = Location::current());

/// Options of leaky_relu.
struct LeakyReluOptions {
  double slope = 0.3;  ///< for x < 0, at least 0: 0.3 as in Keras; PyTorch has 0.01
};
/// x where x > 0, else slope * x (Maas et al., 2013). Derivative: 1 or slope; slope at 0.
Variable leaky_relu(const Variable& x, const LeakyReluOptions& options = {},
                    Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
