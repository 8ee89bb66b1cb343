// SPDX-License-Identifier: MIT
#include "trajectory.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(rmsprop)

BOOST_AUTO_TEST_CASE(presets) {
  const auto keras = [](int, double a, double& w, double g, State& s) {
    s[0] = 0.9 * s[0] + (1 - 0.9) * g * g;
    w = w - a * g / std::sqrt(s[0] + 1e-7);
  };
  check_trajectory(RMSprop{}, 0.001, keras);
  check_trajectory(RMSprop{RMSprop::keras()}, 0.001, keras);
  check_trajectory(RMSprop{RMSprop::torch()}, 0.01,
                   [](int, double a, double& w, double g, State& s) {
                     s[0] = 0.99 * s[0] + (1 - 0.99) * g * g;
                     w = w - a * g / (std::sqrt(s[0]) + 1e-8);
                   });
  check_trajectory(RMSprop{RMSprop::paper()}, 0.001,
                   [](int, double a, double& w, double g, State& s) {
                     s[0] = 0.9 * s[0] + (1 - 0.9) * g * g;
                     if (s[0] != 0) w = w - a * g / std::sqrt(s[0]);
                   });
}

BOOST_AUTO_TEST_CASE(keras_momentum_and_centered) {
  RMSprop::Options options = RMSprop::keras();
  options.momentum = 0.8;
  check_trajectory(RMSprop{options}, 0.001, [](int, double a, double& w, double g, State& s) {
    s[0] = 0.9 * s[0] + (1 - 0.9) * g * g;
    s[2] = 0.8 * s[2] + a * g / std::sqrt(s[0] + 1e-7);
    w = w - s[2];
  });
  options.centered = true;
  check_trajectory(RMSprop{options}, 0.001, [](int, double a, double& w, double g, State& s) {
    s[0] = 0.9 * s[0] + (1 - 0.9) * g * g;
    s[1] = 0.9 * s[1] + (1 - 0.9) * g;
    s[2] = 0.8 * s[2] + a * g / std::sqrt(s[0] - s[1] * s[1] + 1e-7);
    w = w - s[2];
  });
}

BOOST_AUTO_TEST_CASE(torch_momentum_and_centered) {
  RMSprop::Options options = RMSprop::torch();
  options.centered = true;
  check_trajectory(RMSprop{options}, 0.01, [](int, double a, double& w, double g, State& s) {
    s[0] = 0.99 * s[0] + (1 - 0.99) * g * g;
    s[1] = 0.99 * s[1] + (1 - 0.99) * g;
    w = w - a * g / (std::sqrt(s[0] - s[1] * s[1]) + 1e-8);
  });
  options.momentum = 0.8;
  options.weight_decay = 0.1;
  check_trajectory(RMSprop{options}, 0.01, [](int, double a, double& w, double g, State& s) {
    g = g + 0.1 * w;
    s[0] = 0.99 * s[0] + (1 - 0.99) * g * g;
    s[1] = 0.99 * s[1] + (1 - 0.99) * g;
    s[2] = 0.8 * s[2] + g / (std::sqrt(s[0] - s[1] * s[1]) + 1e-8);
    w = w - a * s[2];
  });
}

// With rho = 0, v - m^2 is g^2 - g^2, which rounding may take below 0.
BOOST_AUTO_TEST_CASE(centered_never_takes_the_root_of_a_negative_number) {
  RMSprop rmsprop{{.rho = 0, .centered = true, .epsilon = 1e-30}};
  Model model;
  for (int t = 1; t <= 3; ++t) {
    set_gradients(model, t);
    visit(model, rmsprop);
  }
  for (double w : values(model)) BOOST_REQUIRE(!std::isnan(w));
}

BOOST_AUTO_TEST_SUITE_END()
