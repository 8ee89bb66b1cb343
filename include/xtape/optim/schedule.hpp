// SPDX-License-Identifier: MIT
/// \file
/// Learning-rate schedules: the learning rate as a function of the step.
#pragma once

#include <xtape/error.hpp>

#include <cstdint>
#include <functional>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The learning rate of step 1, 2, ... of a training. Steps are batches, not epochs:
/// ```
/// const auto steps = epochs * ((train.size() + batch_size - 1) / batch_size);
/// adam.set_schedule(cosine_decay({.learning_rate = 1e-3, .steps = steps, .warmup_steps = 500}));
/// ```
/// Any function will do: `sgd.set_schedule([](std::uint64_t step) { return 1 / (100.0 + step); })`. It
/// should depend on nothing but the step: a training that is resumed then goes on with the same rates.
/// The ones below are those of torch.optim.lr_scheduler where that has them; there a scheduler's
/// `step()` is called after each batch.
using Schedule = std::function<double(std::uint64_t step)>;

/// The same learning rate in every step. Throws ValueError if it is negative or not finite.
Schedule constant_rate(double learning_rate, Location at = Location::current());

/// Options of step_decay.
struct StepDecayOptions {
  double learning_rate = 0;  ///< of the first step, above 0; must be given
  double factor = 0.1;       ///< what the rate is multiplied by, above 0
  std::uint64_t every = 0;   ///< steps between two falls, at least 1; must be given
};

/// A staircase, as PyTorch's StepLR:
/// ```
/// rate(step) = learning_rate * factor^floor((step - 1) / every)
/// ```
/// It has no last step. Throws ValueError for an option out of its range.
Schedule step_decay(const StepDecayOptions& options, Location at = Location::current());

/// Options of exponential_decay.
struct ExponentialDecayOptions {
  double learning_rate = 0;  ///< of the first step, above 0; must be given
  double factor = 0;         ///< what the rate is multiplied by, above 0; must be given
  std::uint64_t every = 1;   ///< in how many steps, at least 1
};

/// A smooth decay, as Keras' ExponentialDecay, and with `every = 1` as PyTorch's ExponentialLR:
/// ```
/// rate(step) = learning_rate * factor^((step - 1) / every)
/// ```
/// A factor above 1 raises the rate, to find the largest that works (Smith, "Cyclical learning rates for
/// training neural networks", 2017). It has no last step. Throws ValueError for an option out of its range.
Schedule exponential_decay(const ExponentialDecayOptions& options,
                           Location at = Location::current());

/// Options of cosine_decay.
struct CosineDecayOptions {
  double learning_rate = 0;        ///< the highest, above 0; must be given
  std::uint64_t steps = 0;         ///< of the training, at least 1; must be given
  std::uint64_t warmup_steps = 0;  ///< those of them in which the rate rises; fewer than `steps`
  double final_rate = 0;           ///< where it ends, at least 0
};

/// Half a cosine (Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017,
/// without the restarts), after a linear warm-up (Goyal et al., "Accurate, large minibatch SGD", 2017).
/// With w = warmup_steps:
/// ```
/// rate(step) = learning_rate * step / w                                              step <= w
///            = final_rate + (learning_rate - final_rate) * (1 + cos(pi * p)) / 2     step > w
/// p = (step - 1 - w) / (steps - w)
///
/// learning_rate    /''-.
///                 /     '.
/// final_rate     /        '-..____
///                1  w       steps
/// ```
/// After the last step it stays at final_rate; PyTorch's CosineAnnealingLR, which is the same up to there,
/// rises again. Throws ValueError for an option out of its range.
Schedule cosine_decay(const CosineDecayOptions& options, Location at = Location::current());

/// Options of one_cycle; the defaults are PyTorch's.
struct OneCycleOptions {
  double learning_rate = 0;       ///< the highest, above 0; must be given
  std::uint64_t steps = 0;        ///< of the training, at least 1; must be given
  double warmup_fraction = 0.3;   ///< of the steps: those in which the rate rises; in [0, 1)
  double div_factor = 25;         ///< the highest rate over the first one, at least 1
  double final_div_factor = 1e4;  ///< the first rate over the last one, at least 1
};

/// One cycle (Smith and Topin, "Super-convergence: very fast training of neural networks using large
/// learning rates", 2018) of two half cosines, as PyTorch's OneCycleLR with ``anneal_strategy='cos'`` and
/// `three_phase=False`:
/// ```
/// first = learning_rate / div_factor;  last = first / final_div_factor
/// u = warmup_fraction * steps - 1
/// rate(step) = cosine(first, learning_rate, (step - 1) / u)                           step - 1 < u
///            = cosine(learning_rate, last, (step - 1 - u) / (steps - 1 - u))          step - 1 >= u
/// cosine(a, b, p) = b + (a - b) * (1 + cos(pi * p)) / 2
///
/// learning_rate      .-''-.
///                  .'      '.
/// first         .-'          '.
/// last          1  u + 1       '-.._
///                               steps
/// ```
/// After the last step it stays at `last`, where PyTorch throws. The momentum is left as it is, as with
/// PyTorch's `cycle_momentum=False`. Throws ValueError for an option out of its range.
Schedule one_cycle(const OneCycleOptions& options, Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
