// SPDX-License-Identifier: MIT
#include <xtape/optim/adagrad.hpp>

#include "optim/rule.hpp"

namespace xtape::inline XTAPE_ABI {

Adagrad::Options Adagrad::keras() { return {}; }

Adagrad::Options Adagrad::torch() {
  return {.learning_rate = 1e-2,
          .initial_accumulator = 0,
          .epsilon = 1e-10,
          .epsilon_form = EpsilonForm::outside_sqrt,
          .step_count = StepCount::per_parameter};
}

Adagrad::Options Adagrad::paper() { return torch(); }

Adagrad::Adagrad(const Options& options, Location at)
    : Optimizer{{"adagrad", at},
                options.learning_rate,
                {{"accumulator", options.initial_accumulator}},
                options.step_count},
      options_{options} {
  check({"adagrad", at}, options);
}

void Adagrad::update(Parameter& parameter, std::span<Array> state) {
  const double before = static_cast<double>(current_step()) - 1;
  const double rate = learning_rate() / (1 + before * options_.learning_rate_decay);
  rules().adagrad(target(parameter, options_.weight_decay), state[0].data(),
                  root(options_.epsilon_form, options_.epsilon), static_cast<Scalar>(rate));
}

}  // namespace xtape::inline XTAPE_ABI
