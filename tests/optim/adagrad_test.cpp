// SPDX-License-Identifier: MIT
#include "trajectory.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(adagrad)

BOOST_AUTO_TEST_CASE(presets) {
  const auto keras = [](int, double a, double& w, double g, State& s) {
    s[0] = s[0] + g * g;
    w = w - a * g / std::sqrt(s[0] + 1e-7);
  };
  check_trajectory(Adagrad{}, 0.001, keras, {0.1});
  check_trajectory(Adagrad{Adagrad::keras()}, 0.001, keras, {0.1});
  const auto torch = [](int, double a, double& w, double g, State& s) {
    s[0] = s[0] + g * g;
    w = w - a * g / (std::sqrt(s[0]) + 1e-10);
  };
  check_trajectory(Adagrad{Adagrad::torch()}, 0.01, torch);
  check_trajectory(Adagrad{Adagrad::paper()}, 0.01, torch);
}

BOOST_AUTO_TEST_CASE(options) {
  check_trajectory(Adagrad{{.learning_rate = 0.1,
                            .initial_accumulator = 0.3,
                            .epsilon = 1e-3,
                            .epsilon_form = EpsilonForm::outside_sqrt,
                            .learning_rate_decay = 0.2,
                            .weight_decay = 0.1}},
                   0.1,
                   [](int t, double a, double& w, double g, State& s) {
                     g = g + 0.1 * w;
                     s[0] = s[0] + g * g;
                     w = w - a / (1 + (t - 1) * 0.2) * g / (std::sqrt(s[0]) + 1e-3);
                   },
                   {0.3});
}

BOOST_AUTO_TEST_CASE(without_epsilon_an_element_that_has_no_gradient_stays) {
  check_trajectory(Adagrad{{.initial_accumulator = 0, .epsilon = 0}}, 0.001,
                   [](int, double a, double& w, double g, State& s) {
                     s[0] = s[0] + g * g;
                     if (s[0] != 0) w = w - a * g / std::sqrt(s[0]);
                   });
}

BOOST_AUTO_TEST_CASE(the_rate_falls_with_the_steps_of_a_parameter_or_of_all) {
  Adagrad::Options options = Adagrad::torch();
  options.learning_rate_decay = 0.1;
  Adagrad per_parameter{options};
  BOOST_TEST(std::abs(step_after_a_pause(per_parameter) - 0.01 / (1 + 10 * 0.1) / std::sqrt(11)) <
             1e-9);
  options.step_count = StepCount::per_pass;
  Adagrad per_pass{options};
  BOOST_TEST(std::abs(step_after_a_pause(per_pass) - 0.01 / (1 + 1010 * 0.1) / std::sqrt(11)) <
             1e-9);
}

BOOST_AUTO_TEST_SUITE_END()
