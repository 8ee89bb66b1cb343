// SPDX-License-Identifier: MIT
#include <xtape/ops/activation.hpp>

#include "ops/activation.hpp"
#include "ranges.hpp"

#include <xtape/ops/unary.hpp>

#include <numbers>

namespace xtape::inline XTAPE_ABI {

Variable softplus(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return softplus(a); },
                              [](Term g, Term a, Term) { return g * sigmoid(a); }};
  return op({"softplus", at}, x);
}

Variable gelu(const Variable& x, const GeluOptions& options, Location at) {
  constexpr double slope = 2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi;  // sqrt(8 / pi)
  static const Formula q{
      [](Term a) { return sigmoid(slope * a * (1 + 0.044715 * a * a)); }};  // (1 + tanh) / 2
  static const Elementwise by_tanh{
      [](Term a) { return a * q(a); },
      [](Term g, Term a, Term y) {
        return g * (q(a) + y * (1 - q(a)) * (slope * (1 + 0.134145 * a * a)));
      }};
  const Elementwise& exact = activation_of(Activation::gelu).op;
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

// Of the exponential functions below neither is infinite where it is not taken, as its own gradient would be NaN there.

Variable elu(const Variable& x, const EluOptions& options, Location at) {
  static const Elementwise f{[](Term a, Term alpha) { return where(a > 0, a, alpha * expm1(a)); },
                             [](Term g, Term a, Term, Term alpha) {
                               return where(a > 0, g, g * alpha * exp(minimum(a, 0)));
                             }};
  const Op op{"elu", at};
  check_not_negative(op, "alpha", options.alpha);
  return f(op, x, {options.alpha}, options);
}

Variable selu(const Variable& x, Location at) {
  constexpr double alpha = 1.6732632423543772, scale = 1.0507009873554805;
  static const Elementwise op{
      [](Term a) { return scale * where(a > 0, a, alpha * expm1(a)); },
      [](Term g, Term a, Term) { return scale * g * where(a > 0, 1, alpha * exp(minimum(a, 0))); }};
  return op({"selu", at}, x);
}

Variable silu(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return a * sigmoid(a); },
                              [](Term g, Term a, Term) {
                                const Term s = sigmoid(a);
                                return g * s * (1 + a * (1 - s));
                              }};
  return op({"silu", at}, x);
}

Variable mish(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return a * tanh(softplus(a)); },
                              [](Term g, Term a, Term) {
                                const Term t = tanh(softplus(a));
                                return g * (t + a * (1 - t * t) * sigmoid(a));
                              }};
  return op({"mish", at}, x);
}

Variable softsign(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return a / (1 + abs(a)); },
                              [](Term g, Term a, Term) { return g / square(1 + abs(a)); }};
  return op({"softsign", at}, x);
}

Variable hard_sigmoid(const Variable& x, Location at) {
  static const Elementwise op{[](Term a) { return minimum(maximum(a / 6 + 0.5, 0), 1); },
                              [](Term g, Term a, Term) { return where(abs(a) < 3, g / 6, 0); }};
  return op({"hard_sigmoid", at}, x);
}

// Those that can be fused into other ops. The gradients of all but gelu read nothing but g and y.

const ActivationOp& activation_of(Activation activation) {
  static const ActivationOp all[] = {
      {{[](Term a) { return a; }, [](Term g, Term, Term) { return g; }}},
      {{[](Term a) { return maximum(a, 0); },
        [](Term g, Term, Term y) { return where(y > 0, g, 0); }}},
      {{[](Term a) { return tanh(a); }, [](Term g, Term, Term y) { return g * (1 - y * y); }}},
      {{[](Term a) { return sigmoid(a); }, [](Term g, Term, Term y) { return g * y * (1 - y); }}},
      {{[](Term a) { return a * normal_cdf(a); },
        [](Term g, Term a, Term) { return gelu_slope(g, a); }},
       {[](Term g, Term slope) { return g * slope; }}},
  };
  static_assert(std::size_t(Activation::none) == 0 && std::size_t(Activation::relu) == 1 &&
                std::size_t(Activation::tanh) == 2 && std::size_t(Activation::sigmoid) == 3 &&
                std::size_t(Activation::gelu) == 4);
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

Variable activate(const Variable& x, Activation activation, Location at) {
  switch (activation) {
    case Activation::none: break;
    case Activation::relu: return relu(x, at);
    case Activation::tanh: return tanh(x, at);
    case Activation::sigmoid: return sigmoid(x, at);
    case Activation::gelu: return gelu(x, {}, at);
  }
  return x;
}

}  // namespace xtape::inline XTAPE_ABI
