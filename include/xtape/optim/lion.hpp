// SPDX-License-Identifier: MIT
/// \file
/// Lion.
#pragma once

#include <xtape/optim/optimizer.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Lion (Chen et al., "Symbolic discovery of optimization algorithms", 2023): steps of the same size for all
/// elements, by the sign of an average of the gradients that counts the last one more. With gradient g and
/// learning rate a:
/// ```
/// w -= a * (sign(beta1 * m + (1 - beta1) * g) + weight_decay * w)
/// m = beta2 * m + (1 - beta2) * g
/// ```
/// State: `m`, from 0; half of what Adam keeps.
///
/// |               | keras() | paper() |
/// |---------------|---------|---------|
/// | learning_rate | 0.001   | 0.0001  |
/// | beta1         | 0.9     | 0.9     |
/// | beta2         | 0.99    | 0.99    |
/// | weight_decay  | 0       | 0       |
///
/// The paper takes a third to a tenth of AdamW's learning rate, as each element moves by all of it, and three to
/// ten times its decay, so that their product stays. It leaves both open; paper() takes those of its authors' code.
/// PyTorch has no Lion.
class Lion : public Optimizer {
 public:
  /// What can be chosen.
  struct Options {
    double learning_rate = 0.001;  ///< a, at least 0
    double beta1 = 0.9;            ///< how much of m is in the step, in [0, 1)
    double beta2 = 0.99;           ///< how much of m is kept, in [0, 1)
    double weight_decay = 0;       ///< at least 0; as in AdamW, not through the gradient
    /// Calls use(name, value, range) for each.
    template <class Use>
    constexpr void each(Use use) const {
      use("learning_rate", learning_rate, OptionRange::not_negative);
      use("beta1", beta1, OptionRange::fraction);
      use("beta2", beta2, OptionRange::fraction);
      use("weight_decay", weight_decay, OptionRange::not_negative);
    }
  };
  static Options keras() { return {}; }  ///< as keras.optimizers.Lion of Keras 3, the default
  static Options paper() { return {.learning_rate = 1e-4}; }  ///< as in the authors' code

  Lion() : Lion{Options{}} {}  ///< With the default options.
  /// Throws ValueError for an option out of its range.
  explicit Lion(const Options& o, Location at = Location::current())
      : Optimizer{{"lion", at}, o.learning_rate, {"m"}},
        step_{[o](Term w, Term g, Term m, Term a) {
          return w - a * (sign(o.beta1 * m + (1 - o.beta1) * g) + o.weight_decay * w);
        }},
        average_{[o](Term m, Term g) { return o.beta2 * m + (1 - o.beta2) * g; }} {
    check({"lion", at}, o);
  }

 protected:
  void update(Parameter& parameter, std::span<Array> state) override {
    Array &w = parameter.value(), &g = parameter.grad(), &m = state[0];
    compute({{w, step_, {&w, &g, &m}, {learning_rate()}}, {m, average_, {&m, &g}}});
  }

 private:
  Formula step_, average_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
