// SPDX-License-Identifier: MIT
// Formulas, computed for all elements of arrays: contiguous, broadcast, or a single number.
#pragma once

#include "kernels/program.hpp"

#include <xtape/array.hpp>

#include <span>

namespace xtape::inline XTAPE_ABI::kernels {

/// The shape of a formula's result: that to which the arrays broadcast. Throws ShapeError where they do not.
Shape broadcast_shape(const Op& op, std::span<const Array* const> arrays);

/// out = the formula of the arrays, which broadcast to its shape, and then of the numbers. `out` may be one of
/// the arrays that have its shape.
void elementwise(const Program&, std::span<const Array* const> arrays,
                 std::span<const Scalar> numbers, Array& out);
/// The same in a new array. Throws ShapeError where the arrays do not broadcast.
Array elementwise(const Op& op, const Program&, std::span<const Array* const> arrays,
                  std::span<const Scalar> numbers);
/// One of several formulas: what it is of, and the array that takes its values.
struct Assignment {
  Array* out;
  const Program* program;
  std::span<const Array* const> arrays;
  std::span<const Scalar> numbers;
};
/// Computes formulas for arrays of one size one after the other, but each for a piece of the arrays at a time, which
/// is in the cache then. Numbers below the smallest normal one count as zero.
void elementwise(std::span<const Assignment> assignments);
/// The sum of the formula over all elements of `shape`, to which the arrays broadcast; in double.
double sum(const Program&, std::span<const Array* const> arrays, std::span<const Scalar> numbers,
           const Shape& shape);

}  // namespace xtape::inline XTAPE_ABI::kernels
