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

// g where the one that is taken is the larger one, half of it where both are equal, else 0.
static Term to_larger(Term g, Term taken, Term other) {
  return where(taken > other, g, where(taken == other, 0.5 * g, 0));
}

Variable maximum(const Operand& a, const Operand& b) {
  static const Elementwise f{[](Term x, Term z) { return maximum(x, z); },
                             [](Term g, Term x, Term z, Term) { return to_larger(g, x, z); },
                             [](Term g, Term x, Term z, Term) { return to_larger(g, z, x); }};
  return binary("maximum", f, a, b);
}

Variable minimum(const Operand& a, const Operand& b) {
  static const Elementwise f{[](Term x, Term z) { return minimum(x, z); },
                             [](Term g, Term x, Term z, Term) { return to_larger(g, z, x); },
                             [](Term g, Term x, Term z, Term) { return to_larger(g, x, z); }};
  return binary("minimum", f, a, b);
}

Variable neg(const Variable& x, Location at) {
  static const Elementwise f{[](Term a) { return -a; }, [](Term g, Term, Term) { return -g; }};
  return f({"neg", at}, x);
}

// Comparisons have no gradients.

Variable less(const Operand& a, const Operand& b) {
  static const Elementwise f{[](Term x, Term z) { return x < z; }};
  return binary("less", f, a, b);
}

Variable less_equal(const Operand& a, const Operand& b) {
  static const Elementwise f{[](Term x, Term z) { return x <= z; }};
  return binary("less_equal", f, a, b);
}

Variable greater(const Operand& a, const Operand& b) {
  static const Elementwise f{[](Term x, Term z) { return x > z; }};
  return binary("greater", f, a, b);
}

Variable greater_equal(const Operand& a, const Operand& b) {
  static const Elementwise f{[](Term x, Term z) { return x >= z; }};
  return binary("greater_equal", f, a, b);
}

Variable equal(const Operand& a, const Operand& b) {
  static const Elementwise f{[](Term x, Term z) { return x == z; }};
  return binary("equal", f, a, b);
}

Variable not_equal(const Operand& a, const Operand& b) {
  static const Elementwise f{[](Term x, Term z) { return where(x == z, 0, 1); }};
  return binary("not_equal", f, a, b);
}

Variable where(const Variable& condition, const Operand& a, const Operand& b) {
  static const Elementwise f{
      [](Term c, Term x, Term z) { return where(c, x, z); },
      [](Term, Term, Term, Term, Term) { return 0; },  // not asked for: the condition is a constant
      [](Term g, Term c, Term, Term, Term) { return where(c, g, 0); },
      [](Term g, Term c, Term, Term, Term) { return where(c, 0, g); }};
  const Op op{"where", a.at};
  const Operand other{condition, a.at};
  std::optional<Variable> x, z;
  return f(op, condition.detach(), a.on_tape_with(other, op, x), b.on_tape_with(other, op, z));
}

}  // namespace xtape::inline XTAPE_ABI
