// SPDX-License-Identifier: MIT
#include "descent.hpp"
#include "evaluations.hpp"

#include <stdexcept>

using namespace xtape;

namespace gradbench {
namespace {

// The square of where a charged particle crosses the x-axis, pushed away by charges at (10, 10 - w) and (10, 0): by
// Euler's steps along the gradient of their potential, the last of which is cut where it crosses.
Variable crossing(Derivative derivative, const Variable& w) {
  constexpr double dt = 0.1;
  Tape& tape = w.tape();
  const Variable charges =
      tape.input(Array{{10, 10}, {10, 0}}) - w * tape.input(Array{{0, 1}, {0, 0}});
  Variable x = tape.variable({0, 8}), v = tape.input(Array{0.75, 0});
  for (int step = 0;; ++step) {
    if (step == 10'000) throw std::domain_error{"the particle does not come to the x-axis"};
    const Variable next = x + dt * v;
    if (next.value()(1) <= 0) break;
    const Variable potential = sum(rsqrt(sum(square(x - charges), {.axes = {1}})));
    v = v - dt * derivative(potential, x);
    x = next;
  }
  const auto at = split(x), velocity = split(v);
  return square(at[0] - at[1] * velocity[0] / velocity[1]);
}

}  // namespace

Module particle() {
  const auto by = [](Derivative outer, Derivative inner) {
    return [=](const Input& in) {
      return argmin(std::bind_front(crossing, inner), outer, *in("w", 0));
    };
  };
  return {{"ff", by(forward, forward)},
          {"fr", by(forward, reverse)},
          {"rf", by(reverse, forward)},
          {"rr", by(reverse, reverse)}};
}

}  // namespace gradbench
