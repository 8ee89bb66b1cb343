// SPDX-License-Identifier: MIT
// Runs an optimizer beside its formula, written out for one element.
#pragma once

#include "model.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace test {

/// What a formula keeps for one element.
using State = std::array<double, 3>;

/// Checks 20 steps of `optimizer` against `rule(t, rate, w, g, state)`, whose state starts at
/// `initial`. The learning rate, `rate` at first, is halved on the way, as by a schedule.
template <class Rule>
void check_trajectory(Optimizer&& optimizer, double rate, Rule rule, State initial = {}) {
  BOOST_TEST(optimizer.learning_rate() == rate);
  Model model;
  std::vector<double> expected = values(model);
  std::vector<State> state(expected.size(), initial);
  double worst = 0;
  for (int t = 1; t <= 20; ++t) {
    if (t == 11) optimizer.set_learning_rate(rate /= 2);
    set_gradients(model, t);
    std::size_t i = 0;
    for (const Parameter* p : model.all())
      for (std::size_t k = 0; k < p->size(); ++k, ++i)
        rule(t, rate, expected[i], p->grad().data()[k], state[i]);
    visit(model, optimizer);
    const std::vector<double> actual = values(model);
    for (i = 0; i < actual.size(); ++i) {
      const double error = std::abs(actual[i] - expected[i]);
      worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : std::max(worst, error);
    }
  }
  BOOST_TEST(worst <= 1e-12, optimizer.name() << " is off by " << worst);
  Model untouched;
  BOOST_TEST(values(untouched) != expected);
}

/// How far an optimizer moves a parameter that was trained for 10 passes, then frozen for 1,000 in which another
/// was trained. All gradients are 1.
inline double step_after_a_pause(Optimizer& optimizer) {
  struct {
    Parameter paused{zeros({})}, other{zeros({})};
    void parameters(ParameterList& list) { list("paused", paused), list("other", other); }
  } model;
  model.paused.grad()() = model.other.grad()() = 1;
  const auto run = [&](int passes) {
    for (int i = 0; i < passes; ++i) visit(model, optimizer);
  };
  run(10);
  model.paused.trainable = false;
  run(1000);
  model.paused.trainable = true;
  const double before = model.paused.value()();
  run(1);
  return before - model.paused.value()();
}

}  // namespace test
