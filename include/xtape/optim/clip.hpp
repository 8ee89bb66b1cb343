// SPDX-License-Identifier: MIT
/// \file
/// Gradient clipping: visitors to run before an optimizer.
#pragma once

#include <xtape/visitor.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Scales all gradients of a pass by the same factor, so that their norm together is at most
/// max_norm (Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural
/// networks", 2013):
/// `tape.backward(loss, ClipNorm{1}, adam)`.
/// ```
/// n = sqrt(sum of g^2 over all elements of all parameters);  g *= max_norm / n    if n > max_norm
/// ```
/// The sum is taken in double or wider, so that it neither overflows nor underflows, and in an order that
/// does not depend on the number of threads. If the norm is not finite, all gradients become NaN, as in
/// Keras, so that the fault shows.
class ClipNorm : public Visitor {
 public:
  /// Throws ValueError unless `max_norm` is above 0. An infinite one only measures the norm.
  explicit ClipNorm(double max_norm, Location at = Location::current());

  const char* name() const noexcept override { return "clip_norm"; }
  /// Computes the norm.
  void begin(std::span<Parameter* const> parameters) override;
  /// Scales the gradient.
  void visit(Parameter& parameter) override;

  /// The norm of the last pass, before it was clipped; 0 before the first. Infinite where a double cannot
  /// hold it.
  double norm() const noexcept { return norm_; }

 private:
  double max_norm_;
  double norm_ = 0;
  long double factor_ = 1;
  PooledVector<long double> slice_sums_;
};

/// Limits each element of the gradients to [-limit, limit]. NaN stays NaN.
class ClipValue : public Visitor {
 public:
  /// Throws ValueError unless `limit` is above 0.
  explicit ClipValue(double limit, Location at = Location::current());

  const char* name() const noexcept override { return "clip_value"; }
  /// Limits the gradient.
  void visit(Parameter& parameter) override;

 private:
  double limit_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
