// SPDX-License-Identifier: MIT
/// \file
/// NAdam.
#pragma once

#include <xtape/optim/optimizer.hpp>

#include <cmath>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// NAdam (Dozat, "Incorporating Nesterov momentum into Adam", 2016): Adam that looks a step ahead, with a momentum that
/// grows. With gradient g and learning rate a, in step t:
/// ```
/// mu_t = beta1 * (1 - 0.96^(t * momentum_decay) / 2),  p_t = mu_1 * ... * mu_t
/// m = beta1 * m + (1 - beta1) * g
/// v = beta2 * v + (1 - beta2) * g^2
/// x = mu_(t+1) / (1 - p_(t+1)) * m + (1 - mu_t) / (1 - p_t) * g
/// w -= a * x / (sqrt(v / (1 - beta2^t)) + epsilon)          0 / 0 counts as 0
/// ```
/// State: `m` and `v`, from 0. What weight_decay adds to the gradient is weight_decay * w.
///
/// |                | keras()    | torch()       |
/// |----------------|------------|---------------|
/// | learning_rate  | 0.001      | 0.002         |
/// | beta1, beta2   | 0.9, 0.999 | 0.9, 0.999    |
/// | epsilon        | 1e-7       | 1e-8          |
/// | momentum_decay | 1          | 0.004         |
/// | step_count     | per_pass   | per_parameter |
///
/// 0.004 is the paper's: the momentum grows for some 25,000 steps. Keras' has grown after 100.
class NAdam : public Optimizer {
 public:
  /// What can be chosen.
  struct Options {
    double learning_rate = 0.001;                ///< a, at least 0
    double beta1 = 0.9;                          ///< how much of m is kept, in [0, 1)
    double beta2 = 0.999;                        ///< how much of v is kept, in [0, 1)
    double epsilon = 1e-7;                       ///< at least 0
    double momentum_decay = 1;                   ///< how fast the momentum grows, at least 0
    StepCount step_count = StepCount::per_pass;  ///< what t counts
    double weight_decay = 0;                     ///< adds weight_decay * w to the gradient
    /// Calls use(name, value) for each, and use(name, value, range) for numbers.
    template <class Use>
    constexpr void each(Use use) const {
      use("learning_rate", learning_rate, OptionRange::not_negative);
      use("beta1", beta1, OptionRange::fraction);
      use("beta2", beta2, OptionRange::fraction);
      use("epsilon", epsilon, OptionRange::not_negative);
      use("momentum_decay", momentum_decay, OptionRange::not_negative);
      use("step_count", step_count);
      use("weight_decay", weight_decay, OptionRange::not_negative);
    }
  };
  static Options keras() { return {}; }  ///< as keras.optimizers.Nadam of Keras 3, the default
  /// As torch.optim.NAdam.
  static Options torch() {
    return {.learning_rate = 0.002,
            .epsilon = 1e-8,
            .momentum_decay = 0.004,
            .step_count = StepCount::per_parameter};
  }

  NAdam() : NAdam{Options{}} {}  ///< With the default options.
  /// Throws ValueError for an option out of its range.
  explicit NAdam(const Options& o, Location at = Location::current())
      : Optimizer{{"nadam", at}, o.learning_rate, {"m", "v"}, o.step_count},
        options_{o},
        average_{[o](Term m, Term g, Term w) {
          return o.beta1 * m + (1 - o.beta1) * decayed(g, o.weight_decay, w);
        }},
        squares_{[o](Term v, Term g, Term w) {
          return o.beta2 * v + (1 - o.beta2) * square(decayed(g, o.weight_decay, w));
        }},
        step_{[o](Term w, Term g, Term m, Term v, Term by_m, Term by_g, Term by_v) {
          const Term divisor = sqrt(v * by_v) + o.epsilon;
          const Term ahead = by_m * m + by_g * decayed(g, o.weight_decay, w);
          return w - where(divisor == 0, 0, ahead / divisor);
        }} {
    check({"nadam", at}, o);
  }

 protected:
  void update(Parameter& parameter, std::span<Array> state) override {
    Array &w = parameter.value(), &g = parameter.grad(), &m = state[0], &v = state[1];
    const std::uint64_t t = current_step();
    const double p = product(t), next = momentum(t + 1), a = learning_rate();
    const double by_m = a * next / (1 - p * next), by_g = a * (1 - momentum(t)) / (1 - p),
                 by_v = 1 / (1 - std::pow(options_.beta2, static_cast<double>(t)));
    compute({{m, average_, {&m, &g, &w}},
             {v, squares_, {&v, &g, &w}},
             {w, step_, {&w, &g, &m, &v}, {by_m, by_g, by_v}}});
  }

 private:
  // mu_t
  double momentum(std::uint64_t t) const {
    const double steps = static_cast<double>(t) * options_.momentum_decay;
    return options_.beta1 * (1 - 0.5 * std::pow(0.96, steps));
  }
  // p_t, from that of a step before where it is known; 0 once it is too small.
  double product(std::uint64_t t) {
    if (t < known_) known_ = 0, product_ = 1;
    while (known_ < t && product_ != 0) product_ *= momentum(++known_);
    return product_;
  }

  Options options_;
  Formula average_, squares_, step_;
  std::uint64_t known_ = 0;  // the step that product_ is of, or a later one
  double product_ = 1;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
