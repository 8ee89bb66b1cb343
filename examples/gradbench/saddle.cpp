// SPDX-License-Identifier: MIT
#include "descent.hpp"
#include "evaluations.hpp"

using namespace xtape;

namespace gradbench {
namespace {

Variable f(const Variable& x, const Variable& y) { return sum(square(x)) - sum(square(y)); }

// The x and y of min_x max_y f(x, y): the outer descent goes down the maxima that inner ones find.
Array saddle_point(const Value& start, Derivative outer, Derivative inner) {
  const auto minus_f = [](const Variable& x) {
    return [=](const Variable& y) { return -f(x, y); };
  };
  const auto highest = [&](const Variable& x) {
    return f(x, argmin(minus_f(x), inner, x.tape().variable(start)));
  };
  const Array x = argmin(highest, outer, *start);
  const auto at_x = [&](const Variable& y) { return -f(y.tape().input(x), y); };
  const Array y = argmin(at_x, outer, *start);
  Tape tape{Mode::eval};
  return concatenate({tape.input(x), tape.input(y)}).value();
}

}  // namespace

Module saddle() {
  const auto by = [](Derivative outer, Derivative inner) {
    return [=](const Input& in) { return saddle_point(in("start", 1), outer, inner); };
  };
  return {{"ff", by(forward, forward)},
          {"fr", by(forward, reverse)},
          {"rf", by(reverse, forward)},
          {"rr", by(reverse, reverse)}};
}

}  // namespace gradbench
