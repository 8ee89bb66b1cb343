// SPDX-License-Identifier: MIT
// The update rules of the optimizers: each reads the parameter, its gradient and its state once and
// writes them once, in parallel.
#pragma once

#include "kernels/family.hpp"

#include <cstddef>

namespace xtape::inline XTAPE_ABI::kernels {

/// A parameter w and its gradient, to which weight_decay * w is added as it is read.
struct Target {
  Scalar* w;
  const Scalar* g;
  std::size_t size;
  Scalar weight_decay = 0;
};

/// An exponential moving average: average = keep * average + take * x.
struct Average {
  Scalar keep, take;
};

/// The root of an average of squares: root(v) = sqrt(scale * v + inside) + outside.
struct Root {
  Scalar scale, inside, outside;
};

/// A step with momentum: velocity = keep * velocity + inside * x; w -= outside * velocity.
struct Momentum {
  Scalar keep, inside, outside;
};

/// Adam's constants in one step: w -= decay * w + rate * m / root(v).
struct AdamStep {
  Average m, v;
  Root root;
  Scalar rate, decay;
};

/// In all rules, 0 / 0 is 0.
struct OptimKernels {
  /// The step of `momentum` by g; a null velocity is one of 0 that is not kept. Nesterov's form
  /// looks ahead: w -= outside * (keep * velocity + inside * g).
  void (*sgd)(Target, Scalar* velocity, Momentum, bool nesterov);
  /// sum += g^2; w -= rate * g / root(sum)
  void (*adagrad)(Target, Scalar* sum, Root, Scalar rate);
  /// x = sqrt(average of x^2 + epsilon) / sqrt(average of g^2 + epsilon) * g; w -= rate * x
  void (*adadelta)(Target, Scalar* squared_g, Scalar* squared_x, Average, Scalar epsilon,
                   Scalar rate);
  /// The step of `momentum` by g / root(v), where v is the average of g^2, less mean^2 unless
  /// `mean`, the average of g, is null. A null velocity is as in sgd.
  void (*rmsprop)(Target, Scalar* v, Scalar* mean, Scalar* velocity, Average, Root, Momentum);
  /// w -= decay * w + rate * m / root(v), where m and v are the averages of g and g^2; with the
  /// largest v so far unless v_max is null.
  void (*adam)(Target, Scalar* m, Scalar* v, Scalar* v_max, AdamStep);

  /// The sum of x[i]^2, always in the same order, by the calling thread alone. It neither overflows nor
  /// underflows.
  long double (*sum_of_squares)(const Scalar* x, std::size_t size);
  /// x *= factor
  void (*scale)(Scalar* x, std::size_t size, Scalar factor);
  /// x /= by; numbers below the smallest normal one are what they are
  void (*divide)(Scalar* x, std::size_t size, Scalar by);
  /// x = min(max(x, -limit), limit); NaN stays NaN
  void (*clamp)(Scalar* x, std::size_t size, Scalar limit);
};

XTAPE_KERNEL_FAMILY(OptimKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
