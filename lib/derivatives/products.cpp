// SPDX-License-Identifier: MIT
#include <xtape/derivatives.hpp>

#include "ops/steps.hpp"
#include "text.hpp"

#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/shape.hpp>

namespace xtape::inline XTAPE_ABI {
namespace {

// Of one function at an array.
Array at_array(const VariableFunction& f, const Array& x,
               const std::function<Variable(Tape&, const Variable& y, const Variable& x)>& make) {
  Tape tape{Mode::derive};
  const Variable at = tape.variable(x);
  return make(tape, f(at), at).value();
}

Shape joined(Shape first, const Shape& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

Variable inner_product(const Variables& a, const Variables& b, Location at) {
  const Op op{"inner_product", at};
  if (a.empty() || a.size() != b.size())
    throw ShapeError(op, text("expected as many variables, got ", a.size(), " and ", b.size()));
  std::optional<Variable> total;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].shape() != b[i].shape())
      throw ShapeError(op, text("expected equal shapes, got ", a[i].shape(), " and ", b[i].shape(),
                                " of pair ", i));
    const Variable product = sum(mul({a[i], at}, {b[i], at}), {}, at);
    total = total ? add({*total, at}, {product, at}) : product;
  }
  return *total;
}

Variable jvp(const Located& y, const Variables& xs, const Variables& tangents) {
  Tape& tape = y.variable.tape(Op{"jvp", y.at});
  const Variable c = tape.variable(zeros(y.variable.shape()), y.at);
  return tape.gradient(tape.gradient(y, xs, c), Variables{c}, tangents, y.at).front();
}

PooledVector<Variable> hvp(const Located& y, const Variables& xs, const Variables& v) {
  Tape& tape = y.variable.tape(Op{"hvp", y.at});
  return tape.gradient(tape.gradient(y, xs), xs, v, y.at);
}

PooledVector<Variable> gauss_newton_product(const Located& loss, const Variable& outputs,
                                            const Variables& xs, const Variables& v) {
  Tape& tape = outputs.tape(Op{"gauss_newton_product", loss.at});
  const Variable moved = jvp({outputs, loss.at}, xs, v);
  return tape.gradient({outputs, loss.at}, xs, hvp(loss, outputs, moved).front());
}

Variable jacobian(const Located& y, const Variable& x) {
  const Op op{"jacobian", y.at};
  Tape& tape = y.variable.tape(op);
  const Variable& all = y.variable;
  PooledVector<Variable> rows;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Array unit = zeros(all.shape());
    unit.data()[i] = 1;
    rows.push_back(tape.gradient(y, x, tape.input(std::move(unit))));
  }
  const Shape shape = joined(all.shape(), x.shape());
  return rows.empty() ? tape.input(zeros(shape)) : with_shape(stack(rows, {}, y.at), shape);
}

Variable hessian(const Located& y, const Variable& x) {
  Tape& tape = y.variable.tape(Op{"hessian", y.at});
  return jacobian({tape.gradient(y, x), y.at}, x);
}

Array vjp(const VariableFunction& f, const Array& x, const Array& cotangent) {
  return at_array(f, x, [&](Tape& tape, const Variable& y, const Variable& at) {
    return tape.gradient(y, at, tape.input(cotangent));
  });
}

Array jvp(const VariableFunction& f, const Array& x, const Array& tangent) {
  return at_array(f, x, [&](Tape& tape, const Variable& y, const Variable& at) {
    return jvp(y, at, tape.input(tangent));
  });
}

Array hvp(const VariableFunction& f, const Array& x, const Array& v) {
  return at_array(f, x, [&](Tape& tape, const Variable& y, const Variable& at) {
    return hvp(y, at, tape.input(v)).front();
  });
}

Array jacobian(const VariableFunction& f, const Array& x) {
  return at_array(f, x,
                  [](Tape&, const Variable& y, const Variable& at) { return jacobian(y, at); });
}

Array hessian(const VariableFunction& f, const Array& x) {
  return at_array(f, x,
                  [](Tape&, const Variable& y, const Variable& at) { return hessian(y, at); });
}

}  // namespace xtape::inline XTAPE_ABI
