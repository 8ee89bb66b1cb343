// SPDX-License-Identifier: MIT
/// \file
/// Adam and AMSGrad.
#pragma once

#include <xtape/optim/optimizer.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Adam (Kingma and Ba, "Adam: a method for stochastic optimization", 2015), and its variant
/// AMSGrad (Reddi, Kale and Kumar, "On the convergence of Adam and beyond", 2018). In step t, with
/// gradient g and learning rate a:
/// ```
/// g += weight_decay * w
/// m = beta1 * m + (1 - beta1) * g
/// v = beta2 * v + (1 - beta2) * g^2
/// u = max(u, v)                                         if amsgrad, else u = v
/// c1 = 1 - beta1^t;  c2 = 1 - beta2^t                   both 1 without bias_correction
/// w -= a / c1 * m / d
/// d = sqrt(u / c2) + epsilon for outside_sqrt, sqrt(u / c2 + epsilon) for inside_sqrt,
///     (sqrt(u) + epsilon) / sqrt(c2) for hat; 0 / 0 is 0
/// ```
/// State, all from 0: `m`, `v` and, if amsgrad, `v_max`, the u above.
///
/// |                 | keras()  | torch()       | paper()       | paper_amsgrad() |
/// |-----------------|----------|---------------|---------------|-----------------|
/// | learning_rate   | 0.001    | 0.001         | 0.001         | 0.001           |
/// | beta1           | 0.9      | 0.9           | 0.9           | 0.9             |
/// | beta2           | 0.999    | 0.999         | 0.999         | 0.999           |
/// | epsilon         | 1e-7     | 1e-8          | 1e-8          | 0               |
/// | epsilon_form    | hat      | outside_sqrt  | outside_sqrt  | outside_sqrt    |
/// | bias_correction | true     | true          | true          | false           |
/// | step_count      | per_pass | per_parameter | per_parameter | per_pass        |
/// | amsgrad         | false    | false         | false         | true            |
/// | weight_decay    | 0        | 0             | 0             | 0               |
///
/// The correction is exact where t counts what m and v have seen, per_parameter. Counted per pass, as Keras
/// does, it is over for all once it is over for the first: after a pause, or when it comes late, a parameter
/// moves by several times the learning rate.
///
/// outside_sqrt is Algorithm 1 of the paper, hat the faster form before its section 2.1. The paper
/// on AMSGrad has no epsilon, corrects no bias, and leaves the learning rate and the betas open.
class Adam : public Optimizer {
 public:
  /// What can be chosen.
  struct Options {
    double learning_rate = 0.001;                 ///< a, at least 0
    double beta1 = 0.9;                           ///< how much of m is kept, in [0, 1)
    double beta2 = 0.999;                         ///< how much of v is kept, in [0, 1)
    double epsilon = 1e-7;                        ///< at least 0
    EpsilonForm epsilon_form = EpsilonForm::hat;  ///< where epsilon stands
    bool bias_correction = true;                  ///< makes up for the start of m and v at 0
    StepCount step_count = StepCount::per_pass;   ///< what t counts
    bool amsgrad = false;                         ///< divides by the largest v so far
    double weight_decay = 0;  ///< adds weight_decay * w to the gradient; see also AdamW
    /// Calls use(name, value) for each, and use(name, value, range) for numbers.
    template <class Use>
    constexpr void each(Use use) const {
      use("learning_rate", learning_rate, OptionRange::not_negative);
      use("beta1", beta1, OptionRange::fraction);
      use("beta2", beta2, OptionRange::fraction);
      use("epsilon", epsilon, OptionRange::not_negative);
      use("epsilon_form", epsilon_form);
      use("bias_correction", bias_correction);
      use("step_count", step_count);
      use("amsgrad", amsgrad);
      use("weight_decay", weight_decay, OptionRange::not_negative);
    }
  };
  static Options keras();          ///< as keras.optimizers.Adam of Keras 3, the default
  static Options torch();          ///< as torch.optim.Adam
  static Options paper();          ///< Algorithm 1 of the paper on Adam
  static Options paper_amsgrad();  ///< Algorithm 2 of the paper on AMSGrad

  Adam() : Adam{Options{}} {}  ///< With the default options.
  /// Throws ValueError for an option out of its range.
  explicit Adam(const Options& options, Location at = Location::current());

 protected:
  /// One with another name.
  Adam(const Op& op, const Options& options);

  void update(Parameter& parameter, std::span<Array> state) override;
  /// The step of `update` at a learning rate, which also takes off decay * w, of the w before it.
  void step(Parameter& parameter, std::span<Array> state, double learning_rate, double decay);

 private:
  Options options_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
