// SPDX-License-Identifier: MIT
#include "evaluations.hpp"

using namespace xtape;

namespace gradbench {
namespace {

// y(2) for y_0' = x_0, y_i' = x_i y_(i-1) and y(0) = 0, by so many steps of Runge and Kutta.
Variable solution(std::size_t steps, const Variable& x) {
  const double h = 2.0 / static_cast<double>(steps);
  const auto slope = [&](const Variable& y) {
    return x * pad(slice(y, {.end = -1}), {{.before = 1}}, {.value = 1});
  };
  Variable y = x.tape().input(zeros(x.shape()));
  for (std::size_t step = 0; step < steps; ++step) {
    const Variable k1 = slope(y), k2 = slope(y + h / 2 * k1), k3 = slope(y + h / 2 * k2),
                   k4 = slope(y + h * k3);
    y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
  }
  return y;
}

Variable last_of_solution(std::size_t steps, const Variable& x) {
  return slice(solution(steps, x), {.begin = -1});
}

}  // namespace

Module ode() {
  return {
      {"primal",
       [](const Input& in) { return value(std::bind_front(solution, in.count("s")), in("x", 1)); }},
      {"gradient", [](const Input& in) {
         return gradients(std::bind_front(last_of_solution, in.count("s")), in("x", 1))[0];
       }}};
}

}  // namespace gradbench
