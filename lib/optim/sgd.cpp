// SPDX-License-Identifier: MIT
#include <xtape/optim/sgd.hpp>

#include "optim/rule.hpp"

namespace xtape::inline XTAPE_ABI {
namespace {

std::vector<Optimizer::Slot> slots_of(const SGD::Options& options) {
  if (options.momentum > 0) return {"velocity"};
  return {};
}

}  // namespace

SGD::Options SGD::keras() { return {}; }

SGD::Options SGD::torch() {
  return {.learning_rate = 1e-3, .momentum_form = MomentumForm::rate_outside};
}

SGD::Options SGD::paper() { return {.momentum = 0.9}; }

SGD::SGD(const Options& options, Location at)
    : Optimizer{{"sgd", at}, options.learning_rate, slots_of(options)}, options_{options} {
  const Op op{"sgd", at};
  check(op, options);
  if (options.nesterov && options.momentum == 0)
    throw ValueError(op, "nesterov needs a momentum above 0, got 0", "try .momentum = 0.9");
}

void SGD::update(Parameter& parameter, std::span<Array> state) {
  rules().sgd(target(parameter, options_.weight_decay), state.empty() ? nullptr : state[0].data(),
              momentum(options_.momentum_form, options_.momentum, learning_rate()),
              options_.nesterov);
}

}  // namespace xtape::inline XTAPE_ABI
