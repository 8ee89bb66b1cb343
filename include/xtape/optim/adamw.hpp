// SPDX-License-Identifier: MIT
/// \file
/// AdamW.
#pragma once

#include <xtape/optim/adam.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019): Adam, whose weight
/// decay does not go through the gradient and so is not divided by its size. In step t, with
/// learning rate a and Adam's step x:
/// ```
/// w -= a * weight_decay * w + x        times_learning_rate
/// w -= n * weight_decay * w + x        times_schedule, where n = a / (a as constructed)
/// ```
/// State: that of Adam.
///
/// |               | keras()             | torch()             | paper()        |
/// |---------------|---------------------|---------------------|----------------|
/// | learning_rate | 0.001               | 0.001               | 0.001          |
/// | beta1, beta2  | 0.9, 0.999          | 0.9, 0.999          | 0.9, 0.999     |
/// | epsilon       | 1e-7                | 1e-8                | 1e-8           |
/// | epsilon_form  | hat                 | outside_sqrt        | outside_sqrt   |
/// | step_count    | per_pass            | per_parameter       | per_parameter  |
/// | weight_decay  | 0.004               | 0.01                | 1e-5           |
/// | decay_form    | times_learning_rate | times_learning_rate | times_schedule |
/// | amsgrad       | false               | false               | false          |
///
/// The paper multiplies the decay by the schedule n of the learning rate, 1 where there is none,
/// but not by the learning rate. It leaves weight_decay open: 1e-5 is what torch() takes off.
class AdamW : public Adam {
 public:
  /// What multiplies the weight decay.
  enum class DecayForm {
    times_learning_rate,  ///< the learning rate, as in Keras and PyTorch
    times_schedule,       ///< the learning rate as a share of the first one, as in the paper
  };
  /// What can be chosen.
  struct Options {
    double learning_rate = 0.001;                           ///< a, at least 0
    double beta1 = 0.9;                                     ///< how much of m is kept, in [0, 1)
    double beta2 = 0.999;                                   ///< how much of v is kept, in [0, 1)
    double epsilon = 1e-7;                                  ///< at least 0
    EpsilonForm epsilon_form = EpsilonForm::hat;            ///< where epsilon stands; see Adam
    StepCount step_count = StepCount::per_pass;             ///< what t counts; see Adam
    double weight_decay = 0.004;                            ///< at least 0
    DecayForm decay_form = DecayForm::times_learning_rate;  ///< what multiplies weight_decay
    bool amsgrad = false;                                   ///< divides by the largest v so far
    /// Calls use(name, value) for each, and use(name, value, range) for numbers.
    template <class Use>
    constexpr void each(Use use) const {
      use("learning_rate", learning_rate, OptionRange::not_negative);
      use("beta1", beta1, OptionRange::fraction);
      use("beta2", beta2, OptionRange::fraction);
      use("epsilon", epsilon, OptionRange::not_negative);
      use("epsilon_form", epsilon_form);
      use("step_count", step_count);
      use("weight_decay", weight_decay, OptionRange::not_negative);
      use("decay_form", decay_form);
      use("amsgrad", amsgrad);
    }
  };
  static Options keras();  ///< as keras.optimizers.AdamW of Keras 3, the default
  static Options torch();  ///< as torch.optim.AdamW
  static Options paper();  ///< Algorithm 2 of the paper

  AdamW() : AdamW{Options{}} {}  ///< With the default options.
  /// Throws ValueError for an option out of its range.
  explicit AdamW(const Options& options, Location at = Location::current());

 protected:
  void update(Parameter& parameter, std::span<Array> state) override;

 private:
  double weight_decay_, first_rate_;
  DecayForm decay_form_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
