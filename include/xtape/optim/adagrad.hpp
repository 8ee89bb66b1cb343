// SPDX-License-Identifier: MIT
/// \file
/// Adagrad.
#pragma once

#include <xtape/optim/optimizer.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Adagrad (Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and
/// stochastic optimization", 2011): a learning rate per element, which falls with the gradients
/// seen. In step t, with gradient g and learning rate a:
/// ```
/// g += weight_decay * w
/// s += g^2
/// w -= a / (1 + (t - 1) * learning_rate_decay) * g / d
/// d = sqrt(s + epsilon) for inside_sqrt, sqrt(s) + epsilon for outside_sqrt; 0 / 0 is 0
/// ```
/// State: `accumulator`, the s above, from initial_accumulator.
///
/// |                     | keras()     | torch()       | paper()       |
/// |---------------------|-------------|---------------|---------------|
/// | learning_rate       | 0.001       | 0.01          | 0.01          |
/// | initial_accumulator | 0.1         | 0             | 0             |
/// | epsilon             | 1e-7        | 1e-10         | 1e-10         |
/// | epsilon_form        | inside_sqrt | outside_sqrt  | outside_sqrt  |
/// | learning_rate_decay | 0           | 0             | 0             |
/// | step_count          | per_pass    | per_parameter | per_parameter |
/// | weight_decay        | 0           | 0             | 0             |
///
/// The paper leaves the learning rate and its delta, here epsilon, open; paper() takes PyTorch's.
class Adagrad : public Optimizer {
 public:
  /// What can be chosen.
  struct Options {
    double learning_rate = 0.001;                         ///< a, at least 0
    double initial_accumulator = 0.1;                     ///< s before the first step, at least 0
    double epsilon = 1e-7;                                ///< at least 0
    EpsilonForm epsilon_form = EpsilonForm::inside_sqrt;  ///< where epsilon stands
    double learning_rate_decay = 0;  ///< lowers it with the steps, as PyTorch's lr_decay
    StepCount step_count = StepCount::per_pass;  ///< what t counts
    double weight_decay = 0;  ///< adds weight_decay * w to the gradient, as PyTorch does
    /// Calls use(name, value) for each, and use(name, value, range) for numbers.
    template <class Use>
    constexpr void each(Use use) const {
      use("learning_rate", learning_rate, OptionRange::not_negative);
      use("initial_accumulator", initial_accumulator, OptionRange::not_negative);
      use("epsilon", epsilon, OptionRange::not_negative);
      use("epsilon_form", epsilon_form);
      use("learning_rate_decay", learning_rate_decay, OptionRange::not_negative);
      use("step_count", step_count);
      use("weight_decay", weight_decay, OptionRange::not_negative);
    }
  };
  static Options keras();  ///< as keras.optimizers.Adagrad of Keras 3, the default
  static Options torch();  ///< as torch.optim.Adagrad
  static Options paper();  ///< as in the paper

  Adagrad() : Adagrad{Options{}} {}  ///< With the default options.
  /// Throws ValueError for an option out of its range.
  explicit Adagrad(const Options& options, Location at = Location::current());

 protected:
  void update(Parameter& parameter, std::span<Array> state) override;

 private:
  Options options_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
