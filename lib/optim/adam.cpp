// SPDX-License-Identifier: MIT
#include <xtape/optim/adam.hpp>

#include "optim/rule.hpp"

namespace xtape::inline XTAPE_ABI {
namespace {

std::vector<Optimizer::Slot> slots_of(const Adam::Options& options) {
  if (options.amsgrad) return {"m", "v", "v_max"};
  return {"m", "v"};
}

}  // namespace

Adam::Options Adam::keras() { return {}; }

Adam::Options Adam::torch() {
  return {.epsilon = 1e-8,
          .epsilon_form = EpsilonForm::outside_sqrt,
          .step_count = StepCount::per_parameter};
}

Adam::Options Adam::paper() { return torch(); }

Adam::Options Adam::paper_amsgrad() {
  return {.epsilon = 0,
          .epsilon_form = EpsilonForm::outside_sqrt,
          .bias_correction = false,
          .amsgrad = true};
}

Adam::Adam(const Options& options, Location at) : Adam{{"adam", at}, options} {}

Adam::Adam(const Op& op, const Options& options)
    : Optimizer{op, options.learning_rate, slots_of(options), options.step_count},
      options_{options} {
  check(op, options);
}

void Adam::update(Parameter& parameter, std::span<Array> state) {
  step(parameter, state, learning_rate(), 0);
}

void Adam::step(Parameter& parameter, std::span<Array> state, double learning_rate, double decay) {
  const Options& o = options_;
  const double t = static_cast<double>(current_step());
  const double c1 = o.bias_correction ? 1 - std::pow(o.beta1, t) : 1;
  const double c2 = o.bias_correction ? 1 - std::pow(o.beta2, t) : 1;
  const double rate = learning_rate / c1;
  const double hat = o.epsilon_form == EpsilonForm::hat ? std::sqrt(c2) : 1;
  rules().adam(target(parameter, o.weight_decay), state[0].data(), state[1].data(),
               o.amsgrad ? state[2].data() : nullptr,
               {.m = average(o.beta1),
                .v = average(o.beta2),
                .root = root(o.epsilon_form, o.epsilon, 1 / c2),
                .rate = static_cast<Scalar>(rate * hat),
                .decay = static_cast<Scalar>(decay)});
}

}  // namespace xtape::inline XTAPE_ABI
