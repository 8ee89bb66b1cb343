// SPDX-License-Identifier: MIT
/// \file
/// Functions of one array, elementwise: the result has the shape of x. Outside a function's domain the
/// result is what IEEE 754 says, a NaN or an infinity.
#pragma once

#include <xtape/tape.hpp>

#include <limits>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// e^x. Derivative: e^x. Results beyond about e^88.3 (in double e^709.4) are infinite and those below
/// the smallest normal number are 0.
Variable exp(const Variable& x, Location at = Location::current());
/// The natural logarithm. Derivative: 1 / x.
Variable log(const Variable& x, Location at = Location::current());
/// The square root. Derivative: 1 / (2 sqrt(x)).
Variable sqrt(const Variable& x, Location at = Location::current());
/// x^2. Derivative: 2 x.
Variable square(const Variable& x, Location at = Location::current());
/// |x|. Derivative: the sign of x, 0 at 0.
Variable abs(const Variable& x, Location at = Location::current());
/// The sign of x: 1, 0 or -1; NaN of NaN. The result is a constant: no gradient flows through it.
Variable sign(const Variable& x, Location at = Location::current());
/// log(1 + x), accurate for small x, too. Derivative: 1 / (1 + x).
Variable log1p(const Variable& x, Location at = Location::current());
/// The sine. Derivative: cos(x).
Variable sin(const Variable& x, Location at = Location::current());
/// The cosine. Derivative: -sin(x).
Variable cos(const Variable& x, Location at = Location::current());
/// The error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x. Derivative: 2 / sqrt(pi) e^(-x^2).
Variable erf(const Variable& x, Location at = Location::current());
/// The hyperbolic tangent. Derivative: 1 - tanh(x)^2.
Variable tanh(const Variable& x, Location at = Location::current());
/// 1 / (1 + e^-x). Derivative: sigmoid(x) (1 - sigmoid(x)).
Variable sigmoid(const Variable& x, Location at = Location::current());
/// max(x, 0); NaN stays NaN. Derivative: 1 where x > 0, else 0.
Variable relu(const Variable& x, Location at = Location::current());
/// log(1 + e^x), without overflow. Derivative: sigmoid(x).
Variable softplus(const Variable& x, Location at = Location::current());

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

/// The range of clip.
struct ClipOptions {
  double min = -std::numeric_limits<double>::infinity();  ///< the smallest result
  double max = std::numeric_limits<double>::infinity();   ///< the largest result, not less than min
};
/// min(max(x, options.min), options.max). Derivative: 1 inside the range and on its ends, else 0.
/// Throws ValueError if min is not at most max.
Variable clip(const Variable& x, const ClipOptions& options, Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
