// SPDX-License-Identifier: MIT
#include <xtape/ops/unary.hpp>

#include "text.hpp"

#include <xtape/ops/elementwise.hpp>

#include <numbers>

namespace xtape::inline XTAPE_ABI {

// The formula of each op, and that of its gradient: of g, the gradient of the result y, of x, of y, and of
// the numbers that are options. It is not g * f'(x), as 1 / x may overflow where g / x does not.

Variable exp(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return exp(a); },
                              [](Term g, Term, Term y) { return g * y; }};
  return op({"exp", at}, x);
}

Variable expm1(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return expm1(a); },
                              [](Term g, Term a, Term) { return g * exp(a); }};
  return op({"expm1", at}, x);
}

Variable log(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return log(a); },
                              [](Term g, Term a, Term) { return g / a; }};
  return op({"log", at}, x);
}

Variable sqrt(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return sqrt(a); },
                              [](Term g, Term, Term y) { return g / (2 * y); }};
  return op({"sqrt", at}, x);
}

Variable rsqrt(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return 1 / sqrt(a); },
                              [](Term g, Term a, Term y) { return -0.5 * (g * y / a); }};
  return op({"rsqrt", at}, x);
}

Variable square(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return a * a; },
                              [](Term g, Term a, Term) { return 2 * (g * a); }};
  return op({"square", at}, x);
}

Variable abs(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return abs(a); },
                              [](Term g, Term a, Term) { return g * sign(a); }};
  return op({"abs", at}, x);
}

Variable sign(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return sign(a); }};
  return op({"sign", at}, x);
}

Variable floor(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return floor(a); }};
  return op({"floor", at}, x);
}

Variable round(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return round(a); }};
  return op({"round", at}, x);
}

Variable log1p(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return log1p(a); },
                              [](Term g, Term a, Term) { return g / (1 + a); }};
  return op({"log1p", at}, x);
}

Variable sin(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return sin(a); },
                              [](Term g, Term a, Term) { return g * cos(a); }};
  return op({"sin", at}, x);
}

Variable cos(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return cos(a); },
                              [](Term g, Term a, Term) { return -g * sin(a); }};
  return op({"cos", at}, x);
}

Variable erf(const Variable& x, Location at) {
  static const Elementwise op{
      [](Term a) { return erf(a); },
      [](Term g, Term a, Term) { return g * (2 * std::numbers::inv_sqrtpi * exp(-(a * a))); }};
  return op({"erf", at}, x);
}

Variable clip(const Variable& x, const ClipOptions& options, Location at) {
  static const Elementwise f{
      [](Term a, Term min, Term max) { return minimum(maximum(a, min), max); },
      [](Term g, Term a, Term, Term min, Term max) {
        return where((a >= min) * (a <= max), g, 0);
      }};
  const Op op{"clip", at};
  if (!(options.min <= options.max))
    throw ValueError(op, text("expected min <= max, got ", options.min, " and ", options.max));
  return f(op, x, {options.min, options.max}, options);
}

}  // namespace xtape::inline XTAPE_ABI
