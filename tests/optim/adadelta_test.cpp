// SPDX-License-Identifier: MIT
#include "trajectory.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(adadelta)

namespace {

auto rule(double rho, double epsilon, double decay = 0) {
  return [=](int, double a, double& w, double g, State& s) {
    auto& [squared_g, squared_x, unused] = s;
    g = g + decay * w;
    squared_g = rho * squared_g + (1 - rho) * g * g;
    const double x = -std::sqrt(squared_x + epsilon) / std::sqrt(squared_g + epsilon) * g;
    squared_x = rho * squared_x + (1 - rho) * x * x;
    w = w + a * x;
  };
}

}  // namespace

BOOST_AUTO_TEST_CASE(presets) {
  check_trajectory(Adadelta{}, 0.001, rule(0.95, 1e-7));
  check_trajectory(Adadelta{Adadelta::keras()}, 0.001, rule(0.95, 1e-7));
  check_trajectory(Adadelta{Adadelta::torch()}, 1, rule(0.9, 1e-6));
  check_trajectory(Adadelta{Adadelta::paper()}, 1, rule(0.95, 1e-6));
}

BOOST_AUTO_TEST_CASE(options) {
  check_trajectory(
      Adadelta{{.learning_rate = 0.5, .rho = 0.7, .epsilon = 1e-3, .weight_decay = 0.1}}, 0.5,
      rule(0.7, 1e-3, 0.1));
}

BOOST_AUTO_TEST_SUITE_END()
