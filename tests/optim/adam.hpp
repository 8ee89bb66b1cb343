// SPDX-License-Identifier: MIT
// The formulas of Adam for one number, as papers and frameworks write them.
#pragma once

#include "trajectory.hpp"

#include <algorithm>
#include <cmath>

namespace test {

// The averages in common; what divides differs.
inline void average(State& s, double g, double beta1 = 0.9, double beta2 = 0.999) {
  s[0] = beta1 * s[0] + (1 - beta1) * g;
  s[1] = beta2 * s[1] + (1 - beta2) * g * g;
  s[2] = std::max(s[2], s[1]);
}

inline double corrected(double average, double beta, int t) {
  return average / (1 - std::pow(beta, t));
}

inline double keras_step(int t, double a, const State& s, double v) {
  const double alpha = a * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t));
  return s[0] * alpha / (std::sqrt(v) + 1e-7);
}

inline double algorithm_1(int t, double a, const State& s, double v) {
  return a * corrected(s[0], 0.9, t) / (std::sqrt(corrected(v, 0.999, t)) + 1e-8);
}

}  // namespace test
