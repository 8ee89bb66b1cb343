// SPDX-License-Identifier: MIT
// Gradients that are variables, for whatever returns some.
#pragma once

#include <xtape/tape.hpp>

#include <span>
#include <string_view>

namespace xtape::inline XTAPE_ABI::detail {

/// The gradients of some variables by others, in the name of an op. What it is made of must outlive it.
class Derivatives {
 public:
  /// Throws TapeError as Tape::gradient does.
  Derivatives(const Op& op, Tape& tape, std::span<const Variable> ys, std::span<const Variable> xs);
  /// For each x the sum over all y of a vector, which the op calls `name`, of the shape of y, times d y / d x. Throws
  /// ShapeError for others, TapeError for one of another tape.
  PooledVector<Variable> times(std::span<const Variable> vectors,
                               const char* name = "cotangent") const;
  /// For each x the gradient of the only y. Throws ShapeError, with a hint, unless that is a single element.
  PooledVector<Variable> of_one(const char* hint = "take sum() first?") const;

 private:
  void check_tape(std::string_view what, const Variable& v) const;

  Op op_;
  Tape& tape_;
  std::span<const Variable> ys_, xs_;
};

}  // namespace xtape::inline XTAPE_ABI::detail
