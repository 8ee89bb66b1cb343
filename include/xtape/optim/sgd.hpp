// SPDX-License-Identifier: MIT
/// \file
/// Stochastic gradient descent.
#pragma once

#include <xtape/optim/optimizer.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Stochastic gradient descent, with momentum (Polyak, 1964) or Nesterov's (Sutskever et al., "On
/// the importance of initialization and momentum in deep learning", 2013). With gradient g,
/// learning rate a and momentum mu:
/// ```
/// g += weight_decay * w
/// momentum 0:    w -= a * g
/// rate_inside:   b = mu * b + a * g;  w -= b               Nesterov:  w -= mu * b + a * g
/// rate_outside:  b = mu * b + g;      w -= a * b           Nesterov:  w -= a * (mu * b + g)
/// ```
/// State: `velocity`, the b above, from 0 (Keras stores -b); none without momentum.
///
/// |               | keras()     | torch()      | paper()     |
/// |---------------|-------------|--------------|-------------|
/// | learning_rate | 0.01        | 0.001        | 0.01        |
/// | momentum      | 0           | 0            | 0.9         |
/// | nesterov      | false       | false        | false       |
/// | weight_decay  | 0           | 0            | 0           |
/// | momentum_form | rate_inside | rate_outside | rate_inside |
///
/// Older releases of PyTorch have no default learning rate. The papers give no constants; those of
/// paper() are the common ones.
class SGD : public Optimizer {
 public:
  /// What can be chosen.
  struct Options {
    double learning_rate = 0.01;  ///< a, at least 0
    double momentum = 0;          ///< mu, in [0, 1)
    bool nesterov = false;        ///< looks ahead; needs a momentum
    double weight_decay = 0;      ///< adds weight_decay * w to the gradient, as PyTorch does
    MomentumForm momentum_form = MomentumForm::rate_inside;  ///< where the learning rate enters
    /// Calls use(name, value) for each, and use(name, value, range) for numbers.
    template <class Use>
    constexpr void each(Use use) const {
      use("learning_rate", learning_rate, OptionRange::not_negative);
      use("momentum", momentum, OptionRange::fraction);
      use("nesterov", nesterov);
      use("weight_decay", weight_decay, OptionRange::not_negative);
      use("momentum_form", momentum_form);
    }
  };
  static Options keras();  ///< as keras.optimizers.SGD of Keras 3, the default
  static Options torch();  ///< as torch.optim.SGD
  static Options paper();  ///< Polyak's momentum

  SGD() : SGD{Options{}} {}  ///< With the default options.
  /// Throws ValueError for an option out of its range.
  explicit SGD(const Options& options, Location at = Location::current());

 protected:
  void update(Parameter& parameter, std::span<Array> state) override;

 private:
  Options options_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
