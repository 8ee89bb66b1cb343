// SPDX-License-Identifier: MIT
/// \file
/// LAMB.
#pragma once

#include <xtape/optim/optimizer.hpp>

#include <cmath>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// LAMB (You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", 2020): Adam's step,
/// made as long as the parameter is. With gradient g and learning rate a, in step t:
/// ```
/// m = beta1 * m + (1 - beta1) * g
/// v = beta2 * v + (1 - beta2) * g^2
/// u = m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)        + weight_decay * w  if decay_in_ratio
/// r = |w| / |u|, the ratio of the norms of all elements; 1 where one of them is 0
/// w -= a * r * u                                                 + a * weight_decay * w  if not
/// ```
/// State: `m` and `v`, from 0. Norms are taken in double or wider. 0 / 0 counts as 0.
///
/// |                | keras()    | paper()       |
/// |----------------|------------|---------------|
/// | learning_rate  | 0.001      | 0.001         |
/// | beta1, beta2   | 0.9, 0.999 | 0.9, 0.999    |
/// | epsilon        | 1e-7       | 1e-6          |
/// | step_count     | per_pass   | per_parameter |
/// | weight_decay   | 0          | 0.01          |
/// | decay_in_ratio | false      | true          |
///
/// The paper's learning rate grows with the batch, and its function of |w| is left out, as by all. PyTorch has no LAMB.
class LAMB : public Optimizer {
 public:
  /// What can be chosen.
  struct Options {
    double learning_rate = 0.001;                ///< a, at least 0
    double beta1 = 0.9;                          ///< how much of m is kept, in [0, 1)
    double beta2 = 0.999;                        ///< how much of v is kept, in [0, 1)
    double epsilon = 1e-7;                       ///< at least 0
    StepCount step_count = StepCount::per_pass;  ///< what t counts
    double weight_decay = 0;                     ///< at least 0; not through the gradient
    bool decay_in_ratio = false;                 ///< whether the decay is a part of u
    /// Calls use(name, value) for each, and use(name, value, range) for numbers.
    template <class Use>
    constexpr void each(Use use) const {
      use("learning_rate", learning_rate, OptionRange::not_negative);
      use("beta1", beta1, OptionRange::fraction);
      use("beta2", beta2, OptionRange::fraction);
      use("epsilon", epsilon, OptionRange::not_negative);
      use("step_count", step_count);
      use("weight_decay", weight_decay, OptionRange::not_negative);
      use("decay_in_ratio", decay_in_ratio);
    }
  };
  static Options keras() { return {}; }  ///< as keras.optimizers.Lamb of Keras 3, the default
  /// Algorithm 2 of the paper, with epsilon and weight decay as for BERT.
  static Options paper() {
    return {.epsilon = 1e-6,
            .step_count = StepCount::per_parameter,
            .weight_decay = 0.01,
            .decay_in_ratio = true};
  }

  LAMB() : LAMB{Options{}} {}  ///< With the default options.
  /// Throws ValueError for an option out of its range.
  explicit LAMB(const Options& o, Location at = Location::current())
      : Optimizer{{"lamb", at}, o.learning_rate, {"m", "v"}, o.step_count},
        options_{o},
        average_{[o](Term m, Term g) { return o.beta1 * m + (1 - o.beta1) * g; }},
        squares_{[o](Term v, Term g) { return o.beta2 * v + (1 - o.beta2) * square(g); }},
        direction_{[o](Term m, Term v, Term w, Term by_m, Term by_v) {
          const Term divisor = sqrt(v * by_v) + o.epsilon;
          const Term u = where(divisor == 0, 0, by_m * m / divisor);
          return o.decay_in_ratio ? decayed(u, o.weight_decay, w) : u;
        }},
        step_{[](Term w, Term u, Term rate, Term decay) { return w - (rate * u + decay * w); }} {
    check({"lamb", at}, o);
  }

 protected:
  void update(Parameter& parameter, std::span<Array> state) override {
    Array &w = parameter.value(), &g = parameter.grad(), &m = state[0], &v = state[1];
    const auto t = static_cast<double>(current_step());
    const double by_m = 1 / (1 - std::pow(options_.beta1, t)),
                 by_v = 1 / (1 - std::pow(options_.beta2, t));
    Array u = uninitialized(parameter.shape());
    compute({{m, average_, {&m, &g}},
             {v, squares_, {&v, &g}},
             {u, direction_, {&m, &v, &w}, {by_m, by_v}}});
    const double of_w = norm(w), of_u = norm(u);
    const double ratio = of_w > 0 && of_u > 0 ? of_w / of_u : 1;
    const double decay = options_.decay_in_ratio ? 0 : learning_rate() * options_.weight_decay;
    compute({{w, step_, {&w, &u}, {learning_rate() * ratio, decay}}});
  }

 private:
  Options options_;
  Formula average_, squares_, direction_, step_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
