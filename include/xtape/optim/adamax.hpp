// SPDX-License-Identifier: MIT
/// \file
/// Adamax.
#pragma once

#include <xtape/optim/optimizer.hpp>

#include <cmath>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Adamax (Kingma and Ba, "Adam: a method for stochastic optimization", 2015, section 7.1): Adam by the largest of the
/// past gradients, which decays, in the place of the root of their average square. With gradient g and learning rate a,
/// in step t:
/// ```
/// m = beta1 * m + (1 - beta1) * g
/// u = max(beta2 * u, |g|)              with epsilon_in_maximum: max(beta2 * u, |g| + epsilon)
/// w -= a / (1 - beta1^t) * m / (u + epsilon)                 with it: m / u; 0 / 0 counts as 0
/// ```
/// State: `m` and `u`, from 0. What weight_decay adds to the gradient is weight_decay * w.
///
/// |                    | keras()  | torch()       | paper()       |
/// |--------------------|----------|---------------|---------------|
/// | learning_rate      | 0.001    | 0.002         | 0.002         |
/// | beta1, beta2       | 0.9, 0.999 | 0.9, 0.999  | 0.9, 0.999    |
/// | epsilon            | 1e-7     | 1e-8          | 0             |
/// | epsilon_in_maximum | false    | true          | false         |
/// | step_count         | per_pass | per_parameter | per_parameter |
class Adamax : public Optimizer {
 public:
  /// What can be chosen.
  struct Options {
    double learning_rate = 0.001;                ///< a, at least 0
    double beta1 = 0.9;                          ///< how much of m is kept, in [0, 1)
    double beta2 = 0.999;                        ///< how much of u is kept, in [0, 1)
    double epsilon = 1e-7;                       ///< at least 0
    bool epsilon_in_maximum = false;             ///< where epsilon stands
    StepCount step_count = StepCount::per_pass;  ///< what t counts
    double weight_decay = 0;                     ///< adds weight_decay * w to the gradient
    /// Calls use(name, value) for each, and use(name, value, range) for numbers.
    template <class Use>
    constexpr void each(Use use) const {
      use("learning_rate", learning_rate, OptionRange::not_negative);
      use("beta1", beta1, OptionRange::fraction);
      use("beta2", beta2, OptionRange::fraction);
      use("epsilon", epsilon, OptionRange::not_negative);
      use("epsilon_in_maximum", epsilon_in_maximum);
      use("step_count", step_count);
      use("weight_decay", weight_decay, OptionRange::not_negative);
    }
  };
  static Options keras() { return {}; }  ///< as keras.optimizers.Adamax of Keras 3, the default
  /// As torch.optim.Adamax.
  static Options torch() {
    return {.learning_rate = 0.002,
            .epsilon = 1e-8,
            .epsilon_in_maximum = true,
            .step_count = StepCount::per_parameter};
  }
  /// Algorithm 2 of the paper on Adam.
  static Options paper() {
    return {.learning_rate = 0.002, .epsilon = 0, .step_count = StepCount::per_parameter};
  }

  Adamax() : Adamax{Options{}} {}  ///< With the default options.
  /// Throws ValueError for an option out of its range.
  explicit Adamax(const Options& o, Location at = Location::current())
      : Optimizer{{"adamax", at}, o.learning_rate, {"m", "u"}, o.step_count},
        beta1_{o.beta1},
        average_{[o](Term m, Term g, Term w) {
          return o.beta1 * m + (1 - o.beta1) * decayed(g, o.weight_decay, w);
        }},
        largest_{[o](Term u, Term g, Term w) {
          const Term size = abs(decayed(g, o.weight_decay, w));
          return maximum(o.beta2 * u, o.epsilon_in_maximum ? size + o.epsilon : size);
        }},
        step_{[o](Term w, Term m, Term u, Term rate) {
          const Term divisor = o.epsilon_in_maximum ? u : u + o.epsilon;
          return w - where(divisor == 0, 0, rate * m / divisor);
        }} {
    check({"adamax", at}, o);
  }

 protected:
  void update(Parameter& parameter, std::span<Array> state) override {
    Array &w = parameter.value(), &g = parameter.grad(), &m = state[0], &u = state[1];
    const double correction = 1 - std::pow(beta1_, static_cast<double>(current_step()));
    compute({{m, average_, {&m, &g, &w}},
             {u, largest_, {&u, &g, &w}},
             {w, step_, {&w, &m, &u}, {learning_rate() / correction}}});
  }

 private:
  double beta1_;
  Formula average_, largest_, step_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
