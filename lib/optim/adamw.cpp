// SPDX-License-Identifier: MIT
#include <xtape/optim/adamw.hpp>

#include "optim/rule.hpp"

namespace xtape::inline XTAPE_ABI {
namespace {

Adam::Options without_decay(const AdamW::Options& options) {
  return {.learning_rate = options.learning_rate,
          .beta1 = options.beta1,
          .beta2 = options.beta2,
          .epsilon = options.epsilon,
          .epsilon_form = options.epsilon_form,
          .step_count = options.step_count,
          .amsgrad = options.amsgrad};
}

}  // namespace

AdamW::Options AdamW::keras() { return {}; }

AdamW::Options AdamW::torch() {
  return {.epsilon = 1e-8,
          .epsilon_form = EpsilonForm::outside_sqrt,
          .step_count = StepCount::per_parameter,
          .weight_decay = 0.01};
}

AdamW::Options AdamW::paper() {
  return {.epsilon = 1e-8,
          .epsilon_form = EpsilonForm::outside_sqrt,
          .step_count = StepCount::per_parameter,
          .weight_decay = 1e-5,
          .decay_form = DecayForm::times_schedule};
}

AdamW::AdamW(const Options& options, Location at)
    : Adam{{"adamw", at}, without_decay(options)},
      weight_decay_{options.weight_decay},
      first_rate_{options.learning_rate},
      decay_form_{options.decay_form} {
  const Op op{"adamw", at};
  check(op, options);
  if (decay_form_ == DecayForm::times_schedule && first_rate_ == 0)
    throw ValueError(op, "times_schedule needs a learning_rate above 0, got 0",
                     "begin a warm-up with set_learning_rate");
}

void AdamW::update(Parameter& parameter, std::span<Array> state) {
  const bool scheduled = decay_form_ == DecayForm::times_schedule;
  const double multiplier = scheduled ? learning_rate() / first_rate_ : learning_rate();
  step(parameter, state, learning_rate(), multiplier * weight_decay_);
}

}  // namespace xtape::inline XTAPE_ABI
