// SPDX-License-Identifier: MIT
/// \file
/// Adadelta.
#pragma once

#include <xtape/optim/optimizer.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Adadelta (Zeiler, "ADADELTA: an adaptive learning rate method", 2012): steps in the units of the
/// parameter, by the ratio of the averages of past steps and gradients. With gradient g and
/// learning rate a:
/// ```
/// g += weight_decay * w
/// G = rho * G + (1 - rho) * g^2
/// d = sqrt(D + epsilon) / sqrt(G + epsilon) * g
/// D = rho * D + (1 - rho) * d^2
/// w -= a * d
/// ```
/// State: `squared_gradients`, the G above, and `squared_steps`, the D; both from 0.
///
/// |               | keras() | torch() | paper() |
/// |---------------|---------|---------|---------|
/// | learning_rate | 0.001   | 1       | 1       |
/// | rho           | 0.95    | 0.9     | 0.95    |
/// | epsilon       | 1e-7    | 1e-6    | 1e-6    |
/// | weight_decay  | 0       | 0       | 0       |
///
/// The paper has no learning rate, which is one of 1. With Keras' default of 0.001, Adadelta learns
/// some thousand times slower than its author meant.
class Adadelta : public Optimizer {
 public:
  /// What can be chosen.
  struct Options {
    double learning_rate = 0.001;  ///< a, at least 0
    double rho = 0.95;             ///< how much of the averages is kept, in [0, 1)
    double epsilon = 1e-7;         ///< at least 0; with 0 it never moves
    double weight_decay = 0;       ///< adds weight_decay * w to the gradient, as PyTorch does
    /// Calls use(name, value) for each, and use(name, value, range) for numbers.
    template <class Use>
    constexpr void each(Use use) const {
      use("learning_rate", learning_rate, OptionRange::not_negative);
      use("rho", rho, OptionRange::fraction);
      use("epsilon", epsilon, OptionRange::not_negative);
      use("weight_decay", weight_decay, OptionRange::not_negative);
    }
  };
  static Options keras();  ///< as keras.optimizers.Adadelta of Keras 3, the default
  static Options torch();  ///< as torch.optim.Adadelta
  static Options paper();  ///< as in the paper

  Adadelta() : Adadelta{Options{}} {}  ///< With the default options.
  /// Throws ValueError for an option out of its range.
  explicit Adadelta(const Options& options, Location at = Location::current());

 protected:
  void update(Parameter& parameter, std::span<Array> state) override;

 private:
  Options options_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
