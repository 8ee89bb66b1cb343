// SPDX-License-Identifier: MIT
#include <xtape/ops/unary.hpp>

#include "ops/activation.hpp"
#include "ranges.hpp"

#include <numbers>

namespace xtape::inline XTAPE_ABI {

// The formula of each op, and that of its gradient: of g, the gradient of the result y, of x, of y, and of
// the numbers that are options. It is not g * f'(x), as 1 / x may overflow where g / x does not.

Variable exp(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return exp(a); },
                              [](Term g, Term, Term y) { return g * y; }};
  return op({"exp", at}, x);
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

Variable softplus(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return softplus(a); },
                              [](Term g, Term a, Term) { return g * sigmoid(a); }};
  return op({"softplus", at}, x);
}

Variable gelu(const Variable& x, const GeluOptions& options, Location at) {
  constexpr double slope = 2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi;  // sqrt(8 / pi)
  static const Formula p{[](Term a) { return 0.5 + 0.5 * erf(a / std::numbers::sqrt2); }},
      q{[](Term a) { return sigmoid(slope * a * (1 + 0.044715 * a * a)); }};  // (1 + tanh) / 2
  static const Elementwise exact{
      [](Term a) { return a * p(a); },
      [](Term g, Term a, Term) { return g * (p(a) + a * (slope / 4 * exp(-0.5 * a * a))); }};
  static const Elementwise by_tanh{
      [](Term a) { return a * q(a); },
      [](Term g, Term a, Term y) {
        return g * (q(a) + y * (1 - q(a)) * (slope * (1 + 0.134145 * a * a)));
      }};
  return (options.tanh ? by_tanh : exact)({"gelu", at}, x, {}, options);
}

Variable leaky_relu(const Variable& x, const LeakyReluOptions& options, Location at) {
  static const Elementwise f{
      [](Term a, Term slope) { return where(a > 0, a, slope * a); },
      [](Term g, Term a, Term, Term slope) { return where(a > 0, g, slope * g); }};
  const Op op{"leaky_relu", at};
  check_option(op, "slope", options.slope, options.slope >= 0, "at least 0");
  return f(op, x, {options.slope}, options);
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

// Those that can be fused into other ops, whose gradients read nothing but g and y.

const ActivationOp& activation_of(Activation activation) {
  static const ActivationOp all[] = {
      {{[](Term a) { return a; }, [](Term g, Term, Term) { return g; }}},
      {{[](Term a) { return maximum(a, 0); },
        [](Term g, Term, Term y) { return where(y > 0, g, 0); }}},
      {{[](Term a) { return tanh(a); }, [](Term g, Term, Term y) { return g * (1 - y * y); }}},
      {{[](Term a) { return sigmoid(a); }, [](Term g, Term, Term y) { return g * y * (1 - y); }}},
  };
  static_assert(std::size_t(Activation::none) == 0 && std::size_t(Activation::relu) == 1 &&
                std::size_t(Activation::tanh) == 2 && std::size_t(Activation::sigmoid) == 3);
  return all[static_cast<std::size_t>(activation)];
}

Variable relu(const Variable& x, Location at) {
  return activation_of(Activation::relu).op({"relu", at}, x);
}

Variable tanh(const Variable& x, Location at) {
  return activation_of(Activation::tanh).op({"tanh", at}, x);
}

Variable sigmoid(const Variable& x, Location at) {
  return activation_of(Activation::sigmoid).op({"sigmoid", at}, x);
}

}  // namespace xtape::inline XTAPE_ABI
