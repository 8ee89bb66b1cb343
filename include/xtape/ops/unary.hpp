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
/// e^x - 1, accurate for small x, too. Derivative: e^x.
Variable expm1(const Variable& x, Location at = Location::current());
/// The natural logarithm. Derivative: 1 / x.
Variable log(const Variable& x, Location at = Location::current());
/// The square root. Derivative: 1 / (2 sqrt(x)).
Variable sqrt(const Variable& x, Location at = Location::current());
/// 1 / sqrt(x). Derivative: -1 / (2 x sqrt(x)).
Variable rsqrt(const Variable& x, Location at = Location::current());
/// x^2. Derivative: 2 x.
Variable square(const Variable& x, Location at = Location::current());
/// |x|. Derivative: the sign of x, 0 at 0.
Variable abs(const Variable& x, Location at = Location::current());
/// The sign of x: 1, 0 or -1; NaN of NaN. The result is a constant: no gradient flows through it.
Variable sign(const Variable& x, Location at = Location::current());
/// The largest integer that is at most x. The result is a constant, as that of `sign`.
Variable floor(const Variable& x, Location at = Location::current());
/// The nearest integer; of two as near the even one, as in numpy. The result is a constant, as that of `sign`.
Variable round(const Variable& x, Location at = Location::current());
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
