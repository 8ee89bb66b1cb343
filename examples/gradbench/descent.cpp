// SPDX-License-Identifier: MIT
#include "descent.hpp"

#include <xtensor/xmath.hpp>

#include <cmath>

using namespace xtape;

namespace gradbench {
namespace {

double length(const Array& x) { return std::sqrt(xt::sum(x * x)()); }
double length(const Variable& x) { return length(x.value()); }

template <class Point, class Value, class Gradient>
Point descend(Point x, const Value& f, const Gradient& gradient_of) {
  double best = f(x), factor = 1e-5;
  Point gradient = gradient_of(x);
  for (int better = 0; length(gradient) > 1e-5;) {
    if (better == 10) {
      factor *= 2;
      better = 0;
    }
    const Point step = factor * gradient, next = x - step;
    if (length(step) <= 1e-5) break;
    if (const double found = f(next); found < best) {
      x = next;
      best = found;
      gradient = gradient_of(x);
      ++better;
    } else {
      factor /= 2;
      better = 0;
    }
  }
  return x;
}

}  // namespace

Variable reverse(const Variable& y, const Variable& x) { return y.tape().gradient(y, x); }

Variable forward(const Variable& y, const Variable& x) {
  PooledVector<Variable> slopes;
  for (std::size_t i = 0; i < x.size(); ++i) {
    Array unit = zeros(x.shape());
    unit.data()[i] = 1;
    slopes.push_back(jvp(y, x, y.tape().input(unit)));
  }
  return reshape(stack(slopes), Axes(x.shape().begin(), x.shape().end()));
}

Variable argmin(const VariableFunction& f, Derivative derivative, Variable x) {
  return descend(
      std::move(x), [&](const Variable& at) { return f(at).item(); },
      [&](const Variable& at) { return derivative(f(at), at); });
}

Array argmin(const VariableFunction& f, Derivative derivative, Array x) {
  return descend(
      std::move(x),
      [&](const Array& at) {
        Tape tape{Mode::derive};
        return f(tape.variable(at)).item();
      },
      [&](const Array& at) {
        Tape tape{Mode::derive};
        const Variable variable = tape.variable(at);
        return derivative(f(variable), variable).value();
      });
}

}  // namespace gradbench
