// SPDX-License-Identifier: MIT
/// \file
/// Jacobians, Hessians and products with them, by gradients of gradients. Those of variables are on their tape, which
/// is in Mode::derive, and can be derived again. An x may be whatever has a gradient: of `Tape::variable` or, for a
/// model, of `parameters_on`:
/// ```
/// Tape tape{Mode::derive};
/// const auto weights = parameters_on(tape, net);
/// const Variable loss = mse(net(tape.input(x)), y);
/// const auto products = hvp(loss, weights, directions);  // H v, for v a variable beside each weight
/// ```
/// Those of functions take arrays and make the tape themselves:
/// ```
/// const Array h = hessian([](const Variable& x) { return sum(exp(x)); }, point);
/// ```
/// All throw what `Tape::gradient` throws, and ShapeError for a tangent or direction of another shape than its x.
#pragma once

#include <xtape/parameter.hpp>
#include <xtape/tape.hpp>

#include <array>
#include <concepts>
#include <functional>
#include <initializer_list>
#include <span>
#include <tuple>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Some variables: one, a list in braces, or what has them in a row.
class Variables : public PooledVector<Variable> {
 public:
  Variables(const Variable& x) : vector{x} {}                        ///< one
  Variables(std::initializer_list<Variable> list) : vector{list} {}  ///< `{x, w}`
  /// Those of a vector or an array.
  template <std::ranges::contiguous_range Range>
  requires std::convertible_to<const Range&, std::span<const Variable>> Variables(
      const Range& range)
      : vector(std::ranges::begin(range), std::ranges::end(range)) {}
};

/// The parameters of a model that are not frozen as variables of a tape, in the order of its list.
template <class Model>
PooledVector<Variable> parameters_on(Tape& tape, Model& model, Location at = Location::current()) {
  PooledVector<Variable> all;
  for (const auto& [name, parameter] : parameters(model))
    if (parameter->trainable) all.push_back(tape.parameter(*parameter, at));
  return all;
}

/// The sum of the products of all elements of a and b, of as many variables of the same shapes. Derivatives: b and a.
Variable inner_product(const Variables& a, const Variables& b, Location at = Location::current());

/// J t: how y changes when each x moves along its tangent, of the shape of x. It takes two passes back: J^T c is linear
/// in c, and its gradient by c, times t, is J t (Townsend, 2017).
Variable jvp(const Located& y, const Variables& xs, const Variables& tangents);
/// H v, the gradient of <d y / d x, v> by each x, for a y of a single element and v of the shapes of xs.
PooledVector<Variable> hvp(const Located& y, const Variables& xs, const Variables& v);
/// J^T H J v, for the Jacobian J of outputs by xs and the Hessian H of a loss by these outputs: the Gauss-Newton matrix
/// (Schraudolph, 2002), which is the Hessian less the curvature of the outputs, and for a convex loss never negative.
PooledVector<Variable> gauss_newton_product(const Located& loss, const Variable& outputs,
                                            const Variables& xs, const Variables& v);
/// All derivatives of y by x, by a pass for each element of y: of the shape of y and then that of x.
Variable jacobian(const Located& y, const Variable& x);
/// All second derivatives of y, a single element, by x, by a pass for each of its elements: of the shape of x, twice.
Variable hessian(const Located& y, const Variable& x);

/// The value of a function of arrays and its gradients.
template <std::size_t N>
struct ValueAndGradients {
  Array value;                     ///< of a single element
  std::array<Array, N> gradients;  ///< by each array
};
/// The value of f, a function of variables with a result of a single element, and its gradient by each of some arrays:
/// `const auto [value, gradients] = value_and_gradient(f, x, w)`.
template <class F, std::same_as<Array>... Arrays>
ValueAndGradients<sizeof...(Arrays)> value_and_gradient(F f, const Arrays&... arrays) {
  Tape tape;
  const std::array<Variable, sizeof...(Arrays)> xs{tape.variable(arrays)...};
  const Variable y = std::apply(f, xs);
  tape.backward(y);
  const auto gradients_of = [](const auto&... x) {
    return std::array<Array, sizeof...(Arrays)>{x.grad()...};
  };
  return {y.value(), std::apply(gradients_of, xs)};
}

/// A function of a variable.
using VariableFunction = std::function<Variable(const Variable&)>;

/// J^T c of f at x, for a cotangent c of the shape of f(x).
Array vjp(const VariableFunction& f, const Array& x, const Array& cotangent,
          Location at = Location::current());
/// J t of f at x, for a tangent t of the shape of x.
Array jvp(const VariableFunction& f, const Array& x, const Array& tangent,
          Location at = Location::current());
/// H v of f, a single element, at x, for a v of the shape of x.
Array hvp(const VariableFunction& f, const Array& x, const Array& v,
          Location at = Location::current());
/// The Jacobian of f at x: of the shape of f(x) and then that of x.
Array jacobian(const VariableFunction& f, const Array& x, Location at = Location::current());
/// The Hessian of f, a single element, at x: of the shape of x, twice.
Array hessian(const VariableFunction& f, const Array& x, Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
