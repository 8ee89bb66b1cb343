// SPDX-License-Identifier: MIT
#include <xtape/derivatives.hpp>

#include "derivatives/gradient.hpp"
#include "ops/steps.hpp"
#include "text.hpp"

#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/shape.hpp>

namespace xtape::inline XTAPE_ABI {
namespace {

using detail::Derivatives;
using Some = std::span<const Variable>;

Some alone(const Variable& x) { return {&x, 1}; }

// Of one function at an array.
Array at_array(const VariableFunction& f, const Array& x, Location at,
               const std::function<Variable(const Located& y, const Variable& x)>& make) {
  Tape tape{Mode::derive};
  const Variable in = tape.variable(x, at);
  return make({f(in), at}, in).value();
}

Shape joined(Shape first, const Shape& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Variable tangent_product(const Op& op, const Variable& y, Some xs, Some tangents) {
  Tape& tape = y.tape(op);
  const Derivatives of{op, tape, alone(y), xs};
  const Variable c = tape.variable(zeros(y.shape()), op.at);
  const auto of_c = of.times(alone(c));
  return Derivatives{op, tape, of_c, alone(c)}.times(tangents, "tangent").front();
}

PooledVector<Variable> curvature_product(const Op& op, const Variable& y, Some xs, Some v) {
  Tape& tape = y.tape(op);
  const auto slopes = Derivatives{op, tape, alone(y), xs}.of_one();
  return Derivatives{op, tape, slopes, xs}.times(v, "direction");
}

Variable all_derivatives(const Op& op, const Variable& y, const Variable& x) {
  Tape& tape = y.tape(op);
  const Derivatives of{op, tape, alone(y), alone(x)};
  PooledVector<Variable> rows;
  for (std::size_t i = 0; i < y.size(); ++i) {
    Array unit = zeros(y.shape());
    unit.data()[i] = 1;
    rows.push_back(of.times(alone(tape.input(std::move(unit)))).front());
  }
  const Shape shape = joined(y.shape(), x.shape());
  return rows.empty() ? tape.input(zeros(shape)) : with_shape(stack(rows, {}, op.at), shape);
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
  return tangent_product({"jvp", y.at}, y.variable, xs, tangents);
}

PooledVector<Variable> hvp(const Located& y, const Variables& xs, const Variables& v) {
  return curvature_product({"hvp", y.at}, y.variable, xs, v);
}

PooledVector<Variable> gauss_newton_product(const Located& loss, const Variable& outputs,
                                            const Variables& xs, const Variables& v) {
  const Op op{"gauss_newton_product", loss.at};
  const Variable moved = tangent_product(op, outputs, xs, v);
  const auto curved = curvature_product(op, loss.variable, alone(outputs), alone(moved));
  return Derivatives{op, outputs.tape(op), alone(outputs), xs}.times(curved);
}

Variable jacobian(const Located& y, const Variable& x) {
  return all_derivatives({"jacobian", y.at}, y.variable, x);
}

Variable hessian(const Located& y, const Variable& x) {
  const Op op{"hessian", y.at};
  const auto slope = Derivatives{op, y.variable.tape(op), alone(y.variable), alone(x)}.of_one();
  return all_derivatives(op, slope.front(), x);
}

Array vjp(const VariableFunction& f, const Array& x, const Array& cotangent, Location at) {
  return at_array(f, x, at, [&](const Located& y, const Variable& in) {
    const Op op{"vjp", at};
    Tape& tape = in.tape(op);
    return Derivatives{op, tape, alone(y.variable), alone(in)}
        .times(alone(tape.input(cotangent)))
        .front();
  });
}

Array jvp(const VariableFunction& f, const Array& x, const Array& tangent, Location at) {
  return at_array(f, x, at, [&](const Located& y, const Variable& in) {
    return jvp(y, in, in.tape(at).input(tangent));
  });
}

Array hvp(const VariableFunction& f, const Array& x, const Array& v, Location at) {
  return at_array(f, x, at, [&](const Located& y, const Variable& in) {
    return hvp(y, in, in.tape(at).input(v)).front();
  });
}

Array jacobian(const VariableFunction& f, const Array& x, Location at) {
  return at_array(f, x, at, [](const Located& y, const Variable& in) { return jacobian(y, in); });
}

Array hessian(const VariableFunction& f, const Array& x, Location at) {
  return at_array(f, x, at, [](const Located& y, const Variable& in) { return hessian(y, in); });
}

}  // namespace xtape::inline XTAPE_ABI
