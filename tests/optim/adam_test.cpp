// SPDX-License-Identifier: MIT
#include "adam.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(adam)

namespace {

// What the formula makes of the 11th gradient of 1, in step t.
double step_in_formula(int t) {
  State s{};
  for (int i = 1; i <= 11; ++i) average(s, 1);
  return algorithm_1(t, 1, s, s[1]);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_parameter_that_was_frozen_goes_on_where_it_was) {
  BOOST_TEST(std::abs(step_in_formula(11) - 1) < 1e-7);
  BOOST_TEST(std::abs(step_in_formula(1011) - 5.2) < 0.05);
  const auto check = [](auto&& optimizer, int t) {
    const double step = step_after_a_pause(optimizer) / optimizer.learning_rate();
    BOOST_TEST(std::abs(step - step_in_formula(t)) < 1e-4);
  };
  check(Adam{Adam::torch()}, 11);
  check(Adam{Adam::paper()}, 11);
  check(*make_optimizer("amsgrad", Preset::torch), 11);
  check(AdamW{{.step_count = StepCount::per_parameter, .weight_decay = 0}}, 11);
  // As Keras, whose `iterations` are those of the optimizer.
  check(Adam{}, 1011);
  check(*make_optimizer("amsgrad", Preset::keras), 1011);
  check(AdamW{{.weight_decay = 0}}, 1011);
}

BOOST_AUTO_TEST_CASE(presets) {
  const auto keras = [](int t, double a, double& w, double g, State& s) {
    average(s, g);
    w = w - keras_step(t, a, s, s[1]);
  };
  check_trajectory(Adam{}, 0.001, keras);
  check_trajectory(Adam{Adam::keras()}, 0.001, keras);
  const auto paper = [](int t, double a, double& w, double g, State& s) {
    average(s, g);
    w = w - algorithm_1(t, a, s, s[1]);
  };
  check_trajectory(Adam{Adam::torch()}, 0.001, paper);
  check_trajectory(Adam{Adam::paper()}, 0.001, paper);
}

BOOST_AUTO_TEST_CASE(amsgrad) {
  Adam::Options options = Adam::keras();
  options.amsgrad = true;
  check_trajectory(Adam{options}, 0.001, [](int t, double a, double& w, double g, State& s) {
    average(s, g);
    w = w - keras_step(t, a, s, s[2]);
  });
  options = Adam::torch();
  options.amsgrad = true;
  check_trajectory(Adam{options}, 0.001, [](int t, double a, double& w, double g, State& s) {
    average(s, g);
    w = w - algorithm_1(t, a, s, s[2]);
  });
  check_trajectory(Adam{Adam::paper_amsgrad()}, 0.001,
                   [](int, double a, double& w, double g, State& s) {
                     average(s, g);
                     if (s[2] != 0) w = w - a * s[0] / std::sqrt(s[2]);
                   });
}

BOOST_AUTO_TEST_CASE(options) {
  check_trajectory(Adam{{.learning_rate = 0.1,
                         .beta1 = 0.5,
                         .beta2 = 0.7,
                         .epsilon = 1e-2,
                         .epsilon_form = EpsilonForm::inside_sqrt,
                         .weight_decay = 0.1}},
                   0.1, [](int t, double a, double& w, double g, State& s) {
                     average(s, g + 0.1 * w, 0.5, 0.7);
                     const double v = corrected(s[1], 0.7, t);
                     w = w - a * corrected(s[0], 0.5, t) / std::sqrt(v + 1e-2);
                   });
  check_trajectory(Adam{{.epsilon = 1e-4, .bias_correction = false}}, 0.001,
                   [](int, double a, double& w, double g, State& s) {
                     average(s, g);
                     w = w - a * s[0] / (std::sqrt(s[1]) + 1e-4);
                   });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(adamw)

BOOST_AUTO_TEST_CASE(presets) {
  const auto keras = [](int t, double a, double& w, double g, State& s) {
    average(s, g);
    w = w - a * 0.004 * w;
    w = w - keras_step(t, a, s, s[1]);
  };
  check_trajectory(AdamW{}, 0.001, keras);
  check_trajectory(AdamW{AdamW::keras()}, 0.001, keras);
  BOOST_TEST((AdamW::torch().step_count == StepCount::per_parameter));
  BOOST_TEST((AdamW::paper().step_count == StepCount::per_parameter));
  check_trajectory(AdamW{AdamW::torch()}, 0.001,
                   [](int t, double a, double& w, double g, State& s) {
                     average(s, g);
                     w = w * (1 - a * 0.01);
                     w = w - algorithm_1(t, a, s, s[1]);
                   });
}

BOOST_AUTO_TEST_CASE(paper_decays_by_the_schedule_alone) {
  AdamW::Options options = AdamW::paper();
  BOOST_TEST(options.weight_decay == 1e-5);
  options.weight_decay = 0.01;
  check_trajectory(AdamW{options}, 0.001, [](int t, double a, double& w, double g, State& s) {
    const double schedule = t <= 10 ? 1 : 0.5;
    average(s, g);
    w = w - schedule * (algorithm_1(t, a / schedule, s, s[1]) + 0.01 * w);
  });
}

BOOST_AUTO_TEST_CASE(amsgrad) {
  AdamW::Options options = AdamW::torch();
  options.amsgrad = true;
  check_trajectory(AdamW{options}, 0.001, [](int t, double a, double& w, double g, State& s) {
    average(s, g);
    w = w * (1 - a * 0.01);
    w = w - algorithm_1(t, a, s, s[2]);
  });
}

BOOST_AUTO_TEST_SUITE_END()
