// SPDX-License-Identifier: MIT
// Runs an optimizer beside its formula, written out for one element.
#pragma once

#include "model.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <span>

namespace test {

/// What a formula keeps for one element.
using State = std::array<double, 3>;

/// A parameter as a formula sees it.
struct Tensor {
  Shape shape;
  std::span<double> w;
  std::span<const double> g;
  std::span<State> state;  ///< of each element
};

/// A formula: step t, at the rate a.
class Rule {
 public:
  /// Of one element, rule(t, a, w, g, state), or of a tensor, rule(t, a, tensor).
  template <class F>
  Rule(F rule) {
    if constexpr (std::invocable<F&, int, double, Tensor&>)
      rule_ = rule;
    else
      rule_ = [rule](int t, double a, Tensor& x) {
        for (std::size_t i = 0; i < x.w.size(); ++i) rule(t, a, x.w[i], x.g[i], x.state[i]);
      };
  }
  void operator()(int t, double a, Tensor x) const { rule_(t, a, x); }

 private:
  std::function<void(int, double, Tensor&)> rule_;
};

/// Checks 20 steps of `optimizer` against a formula, whose state starts at `initial`. The learning rate, `rate` at first,
/// is halved on the way, as by a schedule.
inline void check_trajectory(Optimizer&& optimizer, double rate, const Rule& rule,
                             State initial = {}) {
  BOOST_TEST(optimizer.learning_rate() == rate);
  Model model;
  std::vector<double> expected = values(model);
  std::vector<State> state(expected.size(), initial);
  double worst = 0;
  for (int t = 1; t <= 20; ++t) {
    if (t == 11) optimizer.set_learning_rate(rate /= 2);
    set_gradients(model, t);
    std::size_t i = 0;
    for (const Parameter* p : model.all()) {
      rule(t, rate,
           {p->shape(),
            {&expected[i], p->size()},
            {p->grad().data(), p->size()},
            {&state[i], p->size()}});
      i += p->size();
    }
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
