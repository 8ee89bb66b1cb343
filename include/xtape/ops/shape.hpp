// SPDX-License-Identifier: MIT
/// \file
/// Ops that move elements about: their gradients move back the same way.
#pragma once

#include <xtape/tape.hpp>

#include <initializer_list>
#include <limits>
#include <span>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The same elements, in row-major order, in another shape. One size may be -1: it follows from the
/// others. Throws ShapeError if the number of elements differs, or if any size would do for the -1.
Variable reshape(const Variable& x, const Axes& shape, Location at = Location::current());

/// (N, ...) to (N, product of the rest). Throws ShapeError for a scalar.
Variable flatten(const Variable& x, Location at = Location::current());

/// The order of axes for transpose.
struct TransposeOptions {
  Axes axes = {};  ///< result axis i is input axis axes[i]; empty: in reverse order
};
/// Permutes the axes. Throws ShapeError unless each axis is given exactly once.
Variable transpose(const Variable& x, const TransposeOptions& options = {},
                   Location at = Location::current());

/// The axis of concatenate.
struct ConcatenateOptions {
  std::ptrdiff_t axis = 0;  ///< negative ones count from the last
};
/// Joins arrays along an axis; their other sizes are equal. Throws ShapeError if they are not, or for
/// no array at all.
Variable concatenate(std::span<const Variable> inputs, const ConcatenateOptions& options = {},
                     Location at = Location::current());
/// The same for a list: `concatenate({a, b}, {.axis = 1})`.
inline Variable concatenate(std::initializer_list<Variable> inputs,
                            const ConcatenateOptions& options = {},
                            Location at = Location::current()) {
  return concatenate(std::span<const Variable>{inputs.begin(), inputs.size()}, options, at);
}

/// What slice takes: the elements begin, begin + step, ... before end, along one axis.
struct SliceOptions {
  std::ptrdiff_t axis = 0;   ///< negative ones count from the last
  std::ptrdiff_t begin = 0;  ///< negative ones count from the end of the axis
  std::ptrdiff_t end =
      std::numeric_limits<std::ptrdiff_t>::max();  ///< at most the size of the axis
  std::ptrdiff_t step = 1;                         ///< at least 1
};
/// A part of an array, along one axis. As in Python, the range is cut to the axis. The gradient of what
/// was left out is 0. Throws ShapeError for an axis that x lacks, ValueError for a step below 1.
Variable slice(const Variable& x, const SliceOptions& options, Location at = Location::current());

/// How split cuts an axis.
struct SplitOptions {
  std::size_t parts = 2;    ///< that many equal ones
  std::ptrdiff_t axis = 0;  ///< negative ones count from the last
  Shape sizes = {};         ///< of each part, instead of equal ones; they add up to the axis
};
/// The parts of an array along one axis, what concatenate joins again:
/// `const auto qkv = split(x, {.parts = 3, .axis = -1});`. Throws ShapeError for an axis that x lacks or that
/// cannot be cut so, ValueError for no parts.
PooledVector<Variable> split(const Variable& x, const SplitOptions& options = {},
                             Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
