// SPDX-License-Identifier: MIT
#include <xtape/optim/adadelta.hpp>

#include "optim/rule.hpp"

namespace xtape::inline XTAPE_ABI {

Adadelta::Options Adadelta::keras() { return {}; }

Adadelta::Options Adadelta::torch() { return {.learning_rate = 1, .rho = 0.9, .epsilon = 1e-6}; }

Adadelta::Options Adadelta::paper() { return {.learning_rate = 1, .rho = 0.95, .epsilon = 1e-6}; }

Adadelta::Adadelta(const Options& options, Location at)
    : Optimizer{{"adadelta", at}, options.learning_rate, {"squared_gradients", "squared_steps"}},
      options_{options} {
  check({"adadelta", at}, options);
}

void Adadelta::update(Parameter& parameter, std::span<Array> state) {
  rules().adadelta(target(parameter, options_.weight_decay), state[0].data(), state[1].data(),
                   average(options_.rho), static_cast<Scalar>(options_.epsilon),
                   static_cast<Scalar>(learning_rate()));
}

}  // namespace xtape::inline XTAPE_ABI
