// SPDX-License-Identifier: MIT
#include <xtape/ops/arithmetic.hpp>

#include <xtape/ops/elementwise.hpp>

namespace xtape::inline XTAPE_ABI {

const Variable& Operand::on_tape_with(const Operand& other, const Op& op,
                                      std::optional<Variable>& constant) const {
  if (variable_ != nullptr) return *variable_;
  if (other.variable_ == nullptr) throw TapeError(op, "expected a Variable, got two numbers");
  return constant.emplace(other.variable_->tape(op).input(full({}, number_)));
}

// The op of two operands, of which one may be a number.
static Variable binary(const char* name, const Elementwise& f, const Operand& left,
                       const Operand& right) {
  const Op op{name, left.at};
  std::optional<Variable> constant;
  const Variable& a = left.on_tape_with(right, op, constant);
  const Variable& b = right.on_tape_with(left, op, constant);
  return f(op, a, b);
}

// The formula of each op, and those of its gradients: of g, the gradient of the result y, of x and of z.

Variable add(const Operand& a, const Operand& b) {
  static const Elementwise f{[](Term x, Term z) { return x + z; },
                             [](Term g, Term, Term, Term) { return g; },
                             [](Term g, Term, Term, Term) { return g; }};
  return binary("add", f, a, b);
}

Variable sub(const Operand& a, const Operand& b) {
  static const Elementwise f{[](Term x, Term z) { return x - z; },
                             [](Term g, Term, Term, Term) { return g; },
                             [](Term g, Term, Term, Term) { return -g; }};
  return binary("sub", f, a, b);
}

Variable mul(const Operand& a, const Operand& b) {
  static const Elementwise f{[](Term x, Term z) { return x * z; },
                             [](Term g, Term, Term z, Term) { return g * z; },
                             [](Term g, Term x, Term, Term) { return g * x; }};
  return binary("mul", f, a, b);
}

Variable div(const Operand& a, const Operand& b) {
  static const Elementwise f{[](Term x, Term z) { return x / z; },
                             [](Term g, Term, Term z, Term) { return g / z; },
                             [](Term g, Term x, Term z, Term) { return quotient_slope(g, x, z); }};
  return binary("div", f, a, b);
}

Variable pow(const Operand& a, const Operand& b) {
  static const Elementwise f{[](Term x, Term z) { return pow(x, z); },
                             [](Term g, Term x, Term z, Term) { return power_slope(g, x, z); },
                             [](Term g, Term x, Term z, Term) { return exponent_slope(g, x, z); }};
  return binary("pow", f, a, b);
}

Variable neg(const Variable& x, Location at) {
  static const Elementwise f{[](Term a) { return -a; }, [](Term g, Term, Term) { return -g; }};
  return f({"neg", at}, x);
}

}  // namespace xtape::inline XTAPE_ABI
