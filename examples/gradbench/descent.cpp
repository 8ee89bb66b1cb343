// SPDX-License-Identifier: MIT
#include "descent.hpp"

#include <xtensor/xmath.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>

using namespace xtape;

namespace gradbench {
namespace {

double length(const Array& x) { return std::sqrt(xt::sum(x * x)()); }
double length(const Variable& x) { return length(x.value()); }

bool lowers(double& lowest, const Variable& y) {
  if (!(y.item() < lowest)) return false;
  lowest = y.item();
  return true;
}

// Which has the slope at a point, if the function is lower there than `lowest`, and then that is what it is.
template <class Point, class Slope>
Point descend(Point x, const Slope& slope_below) {
  double lowest = std::numeric_limits<double>::infinity(), factor = 1e-5;
  std::optional<Point> slope = slope_below(lowest, x);
  if (!slope) throw std::domain_error{"the descent begins at what is not finite"};
  for (int lower = 0; length(*slope) > 1e-5;) {
    if (lower == 10) {
      factor *= 2;
      lower = 0;
    }
    const Point step = factor * *slope, next = x - step;
    if (length(step) <= 1e-5) break;
    if (std::optional<Point> found = slope_below(lowest, next)) {
      x = next;
      slope = std::move(found);
      ++lower;
    } else {
      factor /= 2;
      lower = 0;
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
  return descend(std::move(x), [&](double& lowest, const Variable& at) -> std::optional<Variable> {
    const Variable y = f(at);
    if (!lowers(lowest, y)) return {};
    return derivative(y, at);
  });
}

Array argmin(const VariableFunction& f, Derivative derivative, Array x) {
  return descend(std::move(x), [&](double& lowest, const Array& at) -> std::optional<Array> {
    Tape tape{Mode::derive};
    const Variable variable = tape.variable(at), y = f(variable);
    if (!lowers(lowest, y)) return {};
    if (derivative != reverse) return derivative(y, variable).value();
    tape.backward(y);  // which records nothing: nobody derives this one again
    return variable.grad();
  });
}

}  // namespace gradbench
