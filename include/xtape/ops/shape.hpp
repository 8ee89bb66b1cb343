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

/// Which axes squeeze removes.
struct SqueezeOptions {
  Axes axes = {};  ///< negative ones count from the last; none means all of size 1
};
/// The same elements without axes of size 1. Throws ShapeError for an axis of another size, or that x lacks.
Variable squeeze(const Variable& x, const SqueezeOptions& options = {},
                 Location at = Location::current());
/// The same elements with an axis of size 1 before the given one; a negative one counts from behind the last. Throws
/// ShapeError for an axis that the result would not have.
Variable expand_dims(const Variable& x, std::ptrdiff_t axis, Location at = Location::current());

/// The array broadcast to a shape, as in numpy: axes of size 1, or that it lacks in front, are repeated. Throws
/// ShapeError where it does not.
Variable broadcast_to(const Variable& x, const Shape& shape, Location at = Location::current());
/// The array repeated along each axis so many times, one after the other: {2, 1} puts a copy below a matrix. Throws
/// ShapeError unless there is a number for each axis.
Variable tile(const Variable& x, const Shape& repeats, Location at = Location::current());

/// Which axes flip turns round.
struct FlipOptions {
  Axes axes = {};  ///< negative ones count from the last; none means all
};
/// The elements in the opposite order along axes. Throws ShapeError for an axis that x lacks or that is given twice.
Variable flip(const Variable& x, const FlipOptions& options = {},
              Location at = Location::current());

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

/// The axis of stack.
struct StackOptions {
  std::ptrdiff_t axis = 0;  ///< of the result; negative ones count from its last
};
/// Joins arrays of one shape along an axis that they get: of n arrays (3, 4) it makes (n, 3, 4), (3, n, 4) or
/// (3, 4, n). Throws ShapeError for different shapes, an axis that the result would not have, or no array at all.
Variable stack(std::span<const Variable> inputs, const StackOptions& options = {},
               Location at = Location::current());
/// The same for a list: `stack({a, b})`.
inline Variable stack(std::initializer_list<Variable> inputs, const StackOptions& options = {},
                      Location at = Location::current()) {
  return stack(std::span<const Variable>{inputs.begin(), inputs.size()}, options, at);
}

/// How many elements pad puts before an axis and behind it.
struct PadWidth {
  std::size_t before = 0;  ///< at its begin
  std::size_t after = 0;   ///< at its end
};
/// What pad puts there.
enum class PadMode {
  constant,  ///< a number
  reflect,  ///< what is as far inside of the first or last element, which is not repeated: 3 2 | 1 2 3 | 2 1
};
/// Options of pad.
struct PadOptions {
  PadMode mode = PadMode::constant;  ///< what is put around the array
  double value = 0;                  ///< for PadMode::constant
};
/// The array with more elements around it: `pad(images, {{}, {1, 1}, {1, 1}, {}})`. The gradient of an element is the
/// sum of those of all that show it. Throws ShapeError unless there is a width for each axis, and where one that is
/// reflected is not smaller than its axis.
Variable pad(const Variable& x, std::span<const PadWidth> widths, const PadOptions& options = {},
             Location at = Location::current());
/// The same for a list.
inline Variable pad(const Variable& x, std::initializer_list<PadWidth> widths,
                    const PadOptions& options = {}, Location at = Location::current()) {
  return pad(x, std::span<const PadWidth>{widths.begin(), widths.size()}, options, at);
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
