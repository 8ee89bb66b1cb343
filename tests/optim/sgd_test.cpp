// SPDX-License-Identifier: MIT
#include "trajectory.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(sgd)

BOOST_AUTO_TEST_CASE(presets) {
  const auto plain = [](int, double a, double& w, double g, State&) { w = w - a * g; };
  check_trajectory(SGD{}, 0.01, plain);
  check_trajectory(SGD{SGD::keras()}, 0.01, plain);
  check_trajectory(SGD{SGD::torch()}, 0.001, plain);
  check_trajectory(SGD{SGD::paper()}, 0.01, [](int, double a, double& w, double g, State& s) {
    double& last_step = s[0];  // w(t) - w(t-1)
    last_step = -a * g + 0.9 * last_step;
    w = w + last_step;
  });
}

BOOST_AUTO_TEST_CASE(keras_momentum) {
  SGD::Options options = SGD::keras();
  options.momentum = 0.8;
  check_trajectory(SGD{options}, 0.01, [](int, double a, double& w, double g, State& s) {
    s[0] = 0.8 * s[0] - a * g;
    w = w + s[0];
  });
  options.nesterov = true;
  check_trajectory(SGD{options}, 0.01, [](int, double a, double& w, double g, State& s) {
    s[0] = 0.8 * s[0] - a * g;
    w = w + 0.8 * s[0] - a * g;
  });
}

BOOST_AUTO_TEST_CASE(torch_momentum) {
  SGD::Options options = SGD::torch();
  options.momentum = 0.8;
  check_trajectory(SGD{options}, 0.001, [](int t, double a, double& w, double g, State& s) {
    s[0] = t == 1 ? g : 0.8 * s[0] + g;
    w = w - a * s[0];
  });
  options.nesterov = true;
  options.weight_decay = 0.1;
  check_trajectory(SGD{options}, 0.001, [](int t, double a, double& w, double g, State& s) {
    g = g + 0.1 * w;
    s[0] = t == 1 ? g : 0.8 * s[0] + g;
    w = w - a * (g + 0.8 * s[0]);
  });
}

BOOST_AUTO_TEST_CASE(weight_decay) {
  check_trajectory(SGD{{.learning_rate = 0.5, .weight_decay = 0.1}}, 0.5,
                   [](int, double a, double& w, double g, State&) { w = w - a * (g + 0.1 * w); });
}

BOOST_AUTO_TEST_SUITE_END()
