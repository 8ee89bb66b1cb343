// SPDX-License-Identifier: MIT
/// \file
/// RMSprop.
#pragma once

#include <xtape/optim/optimizer.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// RMSprop (Tieleman and Hinton, lecture 6e of "Neural networks for machine learning", 2012):
/// divides the gradient by the root of the average of its squares. With gradient g, learning rate a
/// and momentum mu:
/// ```
/// g += weight_decay * w
/// v = rho * v + (1 - rho) * g^2
/// m = rho * m + (1 - rho) * g;  u = max(v - m^2, 0)    if centered (Graves, 2013), else u = v
/// d = sqrt(u + epsilon) for inside_sqrt, sqrt(u) + epsilon for outside_sqrt
/// x = g / d; 0 / 0 is 0
/// momentum 0:    w -= a * x
/// rate_inside:   b = mu * b + a * x;  w -= b
/// rate_outside:  b = mu * b + x;      w -= a * b
/// ```
/// State, all from 0: `mean_square`, the v above; if centered `mean`, the m; with momentum
/// `velocity`, the b.
///
/// |               | keras()     | torch()      | paper()      |
/// |---------------|-------------|--------------|--------------|
/// | learning_rate | 0.001       | 0.01         | 0.001        |
/// | rho           | 0.9         | 0.99         | 0.9          |
/// | momentum      | 0           | 0            | 0            |
/// | centered      | false       | false        | false        |
/// | epsilon       | 1e-7        | 1e-8         | 0            |
/// | epsilon_form  | inside_sqrt | outside_sqrt | outside_sqrt |
/// | momentum_form | rate_inside | rate_outside | rate_inside  |
/// | weight_decay  | 0           | 0            | 0            |
///
/// The lecture has no epsilon and leaves the learning rate open: 0.001 is what is handed down as
/// Hinton's advice. Without an epsilon, a step is as large for a tiny gradient as for a large one.
class RMSprop : public Optimizer {
 public:
  /// What can be chosen.
  struct Options {
    double learning_rate = 0.001;  ///< a, at least 0
    double rho = 0.9;              ///< how much of the averages is kept, in [0, 1)
    double momentum = 0;           ///< mu, in [0, 1)
    bool centered = false;         ///< divides by the deviation of the gradient, not by its size
    double epsilon = 1e-7;         ///< at least 0
    EpsilonForm epsilon_form = EpsilonForm::inside_sqrt;     ///< where epsilon stands
    MomentumForm momentum_form = MomentumForm::rate_inside;  ///< where the learning rate enters
    double weight_decay = 0;  ///< adds weight_decay * w to the gradient, as PyTorch does
    /// Calls use(name, value) for each, and use(name, value, range) for numbers.
    template <class Use>
    constexpr void each(Use use) const {
      use("learning_rate", learning_rate, OptionRange::not_negative);
      use("rho", rho, OptionRange::fraction);
      use("momentum", momentum, OptionRange::fraction);
      use("centered", centered);
      use("epsilon", epsilon, OptionRange::not_negative);
      use("epsilon_form", epsilon_form);
      use("momentum_form", momentum_form);
      use("weight_decay", weight_decay, OptionRange::not_negative);
    }
  };
  static Options keras();  ///< as keras.optimizers.RMSprop of Keras 3, the default
  static Options torch();  ///< as torch.optim.RMSprop
  static Options paper();  ///< as in the lecture

  RMSprop() : RMSprop{Options{}} {}  ///< With the default options.
  /// Throws ValueError for an option out of its range.
  explicit RMSprop(const Options& options, Location at = Location::current());

 protected:
  void update(Parameter& parameter, std::span<Array> state) override;

 private:
  Options options_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
