// SPDX-License-Identifier: MIT
#include <xtape/optim/rmsprop.hpp>

#include "optim/rule.hpp"

namespace xtape::inline XTAPE_ABI {
namespace {

std::vector<Optimizer::Slot> slots_of(const RMSprop::Options& options) {
  std::vector<Optimizer::Slot> slots{"mean_square"};
  if (options.centered) slots.emplace_back("mean");
  if (options.momentum > 0) slots.emplace_back("velocity");
  return slots;
}

}  // namespace

RMSprop::Options RMSprop::keras() { return {}; }

RMSprop::Options RMSprop::torch() {
  return {.learning_rate = 1e-2,
          .rho = 0.99,
          .epsilon = 1e-8,
          .epsilon_form = EpsilonForm::outside_sqrt,
          .momentum_form = MomentumForm::rate_outside};
}

RMSprop::Options RMSprop::paper() {
  return {.epsilon = 0, .epsilon_form = EpsilonForm::outside_sqrt};
}

RMSprop::RMSprop(const Options& options, Location at)
    : Optimizer{{"rmsprop", at}, options.learning_rate, slots_of(options)}, options_{options} {
  check({"rmsprop", at}, options);
}

void RMSprop::update(Parameter& parameter, std::span<Array> state) {
  Scalar* const mean = options_.centered ? state[1].data() : nullptr;
  Scalar* const velocity = options_.momentum > 0 ? state.back().data() : nullptr;
  rules().rmsprop(target(parameter, options_.weight_decay), state[0].data(), mean, velocity,
                  average(options_.rho), root(options_.epsilon_form, options_.epsilon),
                  momentum(options_.momentum_form, options_.momentum, learning_rate()));
}

}  // namespace xtape::inline XTAPE_ABI
