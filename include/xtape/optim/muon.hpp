// SPDX-License-Identifier: MIT
/// \file
/// Muon.
#pragma once

#include <xtape/optim/adam.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Muon (Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024): momentum, of which each matrix
/// is made orthogonal, so that a step turns all directions alike. A parameter with two axes or more is a matrix
/// (in, out), of which the last axis is the second: the weight of a dense layer, or a filter (kh * kw * in, out). With
/// gradient g and learning rate a:
/// ```
/// m = momentum * m + (1 - momentum) * g
/// x = m, or with nesterov: momentum * m + (1 - momentum) * g
/// x /= |x| + 1e-7;  five times  x = 3.4445 x - 4.775 (x x') x + 2.0315 (x x')^2 x
/// w -= a * (s * x + weight_decay * w)
/// s = sqrt(max(1, out / in))      Scale::spectral
/// s = 0.2 sqrt(max(in, out))      Scale::rms, with which x is as large as Adam's steps are
/// ```
/// The five steps (Newton and Schulz) bring the singular values of x to between 0.7 and 1.2. Other parameters, biases
/// and scales, are AdamW's, with rest_rate times the learning rate, beta1, beta2, epsilon and the same weight_decay. So
/// should embeddings and the last layer be: give them another optimizer by `only`.
/// State: `m`, from 0, and for what is AdamW's `v`, too; half of what Adam keeps.
///
/// |               | keras()    | torch()    | paper()   |
/// |---------------|------------|------------|-----------|
/// | learning_rate | 0.001      | 0.001      | 0.02      |
/// | momentum      | 0.95       | 0.95       | 0.95      |
/// | nesterov      | true       | true       | true      |
/// | scale         | rms        | spectral   | spectral  |
/// | weight_decay  | 0.004      | 0.1        | 0         |
/// | rest_rate     | 1          | 1          | 0.015     |
/// | beta1, beta2  | 0.9, 0.999 | 0.9, 0.999 | 0.9, 0.95 |
/// | epsilon       | 1e-7       | 1e-8       | 1e-10     |
///
/// paper() is the author's code, in its form of 2025. PyTorch's takes matrices alone.
class Muon : public Adam {
 public:
  /// What an orthogonal matrix is multiplied by.
  enum class Scale {
    spectral,  ///< sqrt(max(1, out / in)): as the author
    rms,       ///< 0.2 sqrt(max(in, out)): learning rates and weight decays of AdamW fit
  };
  /// What can be chosen.
  struct Options {
    double learning_rate = 0.001;  ///< a, at least 0
    double momentum = 0.95;        ///< how much of m is kept, in [0, 1)
    bool nesterov = true;          ///< whether x looks a step ahead
    Scale scale = Scale::rms;      ///< of a matrix's step
    double weight_decay = 0.004;   ///< at least 0; not through the gradient
    double rest_rate = 1;          ///< what the others' learning rate is of a, at least 0
    double beta1 = 0.9;            ///< AdamW's, in [0, 1)
    double beta2 = 0.999;          ///< AdamW's, in [0, 1)
    double epsilon = 1e-7;         ///< AdamW's, outside_sqrt; at least 0
    /// Calls use(name, value) for each, and use(name, value, range) for numbers.
    template <class Use>
    constexpr void each(Use use) const {
      use("learning_rate", learning_rate, OptionRange::not_negative);
      use("momentum", momentum, OptionRange::fraction);
      use("nesterov", nesterov);
      use("scale", scale);
      use("weight_decay", weight_decay, OptionRange::not_negative);
      use("rest_rate", rest_rate, OptionRange::not_negative);
      use("beta1", beta1, OptionRange::fraction);
      use("beta2", beta2, OptionRange::fraction);
      use("epsilon", epsilon, OptionRange::not_negative);
    }
  };
  static Options keras();  ///< as keras.optimizers.Muon of Keras 3, the default
  static Options torch();  ///< as torch.optim.Muon
  static Options paper();  ///< as the author's code

  Muon() : Muon{Options{}} {}  ///< With the default options.
  /// Throws ValueError for an option out of its range.
  explicit Muon(const Options& options, Location at = Location::current());

 protected:
  std::size_t slot_count(const Parameter& parameter) const noexcept override;
  void update(Parameter& parameter, std::span<Array> state) override;

 private:
  Options options_;
  Formula average_, step_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
