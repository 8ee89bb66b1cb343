// SPDX-License-Identifier: MIT
#include "ops/steps.hpp"

#include "kernels/program.hpp"
#include "kernels/strided.hpp"

#include <xtape/ops/activation.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/elementwise.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/shape.hpp>
#include <xtape/ops/unary.hpp>

#include <array>
#include <numbers>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::Function;

// What a step of a formula reads.
using Sources = std::array<Variable, kernels::most_sources>;

Variable normal_cdf(const Variable& x) {
  constexpr double top = std::numbers::inv_sqrtpi / std::numbers::sqrt2;  // of the density
  static const Elementwise op{[](Term a) { return normal_cdf(a); },
                              [](Term g, Term a, Term) { return g * top * exp(-0.5 * a * a); }};
  return op("normal_cdf", x);
}

// x * normal_cdf(x) has the slope normal_cdf(x) + x * density(x).
Variable gelu_slope(const Variable& g, const Variable& x) {
  constexpr double top = std::numbers::inv_sqrtpi / std::numbers::sqrt2;
  return g * (normal_cdf(x) + x * (top * exp(-0.5 * square(x))));
}

// No square of b, and for powers neither a logarithm of 0 nor one below it where 0 is multiplied by it.
Variable quotient_slope(const Variable& g, const Variable& a, const Variable& b) {
  return -(g / b) * (a / b);
}
Variable power_slope(const Variable& g, const Variable& a, const Variable& b) {
  return g * b * pow(a, where(equal(a, 0) * equal(b, 0), 1, b) - 1);
}
Variable exponent_slope(const Variable& g, const Variable& a, const Variable& b) {
  const Variable base = where(equal(a, 0), 1, a);
  return g * pow(base, b) * log(base);
}

// One step. There is a row for each function, or the compiler complains.
Variable stepped(Function function, const Sources& x) {
  const auto& [a, b, c, d] = x;
  switch (function) {
    case Function::copy: return a;
    case Function::negate: return -a;
    case Function::abs: return abs(a);
    case Function::sign: return sign(a);
    case Function::sqrt: return sqrt(a);
    case Function::exp: return exp(a);
    case Function::expm1: return expm1(a);
    case Function::log: return log(a);
    case Function::log1p: return log1p(a);
    case Function::tanh: return tanh(a);
    case Function::sigmoid: return sigmoid(a);
    case Function::softplus: return softplus(a);
    case Function::erf: return erf(a);
    case Function::normal_cdf: return normal_cdf(a);
    case Function::sin: return sin(a);
    case Function::cos: return cos(a);
    case Function::floor: return floor(a);
    case Function::round: return round(a);
    case Function::add: return a + b;
    case Function::subtract: return a - b;
    case Function::multiply: return a * b;
    case Function::divide: return a / b;
    case Function::less: return a < b;
    case Function::less_equal: return a <= b;
    case Function::equal: return equal(a, b);
    case Function::maximum: return maximum(a, b);
    case Function::minimum: return minimum(a, b);
    case Function::pow: return pow(a, b);
    case Function::gelu_slope: return gelu_slope(a, b);
    case Function::where: return where(a, b, c);
    case Function::quotient_slope: return quotient_slope(a, b, c);
    case Function::power_slope: return power_slope(a, b, c);
    case Function::exponent_slope: return exponent_slope(a, b, c);
    case Function::multiply_add: return a * b + c;
    case Function::less_where: return where(a < b, c, d);
    case Function::equal_where: return where(equal(a, b), c, d);
  }
  return a;
}

}  // namespace

Variable number_beside(const Variable& x, double number) {
  return x.tape().input(full({}, static_cast<Scalar>(number)));
}

Variable applied(const Formula& formula, std::span<const Variable> inputs) {
  const kernels::Program& program = formula.program();
  PooledVector<Variable> slots(inputs.begin(), inputs.end());
  for (const Scalar number : program.numbers)
    slots.push_back(number_beside(inputs[0], static_cast<double>(number)));
  slots.resize(slots.size() + program.registers + 1, inputs[0]);
  for (const kernels::Step& step : program.steps) {
    const auto& from = step.from;
    const Sources sources{slots[from[0]], slots[from[1]], slots[from[2]], slots[from[3]]};
    slots[step.to] = stepped(step.function, sources);
  }
  return slots[program.steps.back().to];
}

Variable with_shape(const Variable& x, const Shape& shape) {
  Axes sizes;
  for (const std::size_t size : shape) sizes.push_back(static_cast<std::ptrdiff_t>(size));
  return reshape(x, sizes);
}

Variable summed_to(const Variable& x, const Shape& shape) {
  if (kernels::same(x.shape(), shape)) return x;
  const std::size_t more = x.rank() - shape.size();
  Axes axes;
  for (std::size_t i = 0; i < x.rank(); ++i)
    if (i < more || (shape[i - more] == 1 && x.shape()[i] != 1))
      axes.push_back(static_cast<std::ptrdiff_t>(i));
  return with_shape(axes.empty() ? x : sum(x, {.axes = axes}), shape);
}

}  // namespace xtape::inline XTAPE_ABI
