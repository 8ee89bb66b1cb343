// SPDX-License-Identifier: MIT
// Loops over arrays of different shapes or orders of axes: broadcasting, reducing, transposing,
// slicing. One mechanism serves them all: a nest of loops in which each operand has a stride per axis,
// 0 where it does not move.
#pragma once

#include "kernels/parallel.hpp"
#include <xtape/array.hpp>

#include <algorithm>
#include <array>

namespace xtape::inline XTAPE_ABI::kernels {

using Strides = xt::svector<std::ptrdiff_t, 4>;

/// Whether two shapes are equal: a loop of few steps, where == calls memcmp.
inline bool same(const Shape& a, const Shape& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i]) return false;
  return true;
}

/// The shape to which two shapes broadcast, as in numpy. Returns false where they do not.
bool broadcast_shape(const Shape& a, const Shape& b, Shape& result);
/// Whether an array of `shape` broadcasts to one of the shape `over`.
bool broadcasts_to(const Shape& shape, const Shape& over);

/// The row-major strides of an array of `shape`.
Strides row_major(const Shape& shape);
/// The strides of a row-major array of `shape` that is broadcast to `over`.
Strides strides_over(const Shape& shape, const Shape& over);

/// `a` summed to `shape`, which broadcasts to the shape of `a`; each sum is divided by `divisor`. Where axes that are
/// summed have one between them that is not, the sums over the last ones are rounded before they are added.
Array sum_to(const Array& a, const Shape& shape, double divisor = 1);
/// Copies the elements of `shape` from one strided array to another, apart from it.
void copy(const Shape& shape, const Scalar* from, const Strides& from_strides, Scalar* to,
          const Strides& to_strides);

/// The maxima of `a`, NaN where one of the elements is, for each element of `shape`, which broadcasts to that of `a`.
Array max_to(const Array& a, const Shape& shape);
/// The minima, likewise.
Array min_to(const Array& a, const Shape& shape);
/// The gradient of `a` of such maxima or minima, by theirs, g: elements that equal one share it.
Array extreme_grad(const Array& a, const Array& extreme, const Array& g);

/// Loops over `shape` with K operands. Axes that all operands walk alike are joined, so the innermost
/// loop, a run, is as long as can be.
template <std::size_t K>
class Nest {
 public:
  using Offsets = std::array<std::ptrdiff_t, K>;

  /// One element.
  Nest() = default;
  Nest(const Shape& shape, const std::array<Strides, K>& strides) {
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      if (shape[axis] == 1) continue;
      Offsets steps;
      for (std::size_t k = 0; k < K; ++k) steps[k] = strides[k][axis];
      if (sizes_.back() == 1 || continues(steps, shape[axis])) {
        sizes_.back() *= shape[axis];
        steps_.back() = steps;
      } else {
        sizes_.push_back(shape[axis]);
        steps_.push_back(steps);
      }
    }
  }

  /// The sizes of the joined axes, and the steps of the operands along one of them.
  const Shape& sizes() const { return sizes_; }
  const Offsets& steps(std::size_t axis) const { return steps_[axis]; }

  /// The number of elements.
  std::size_t size() const { return element_count(sizes_); }

  /// Copies `count` elements of the only operand, from element `begin` of the walk on.
  void copy(const Scalar* from, std::size_t begin, std::size_t count, Scalar* to) const
      requires(K == 1) {
    for_each_run(begin, begin + count, [&](const auto& at, std::size_t size, const auto& step) {
      copy_run(from + at[0], step[0], size, to);
      to += size;
    });
  }

  /// Calls run(offsets, count, steps) for each run of the elements from `begin` to `end`: `count` of them, where
  /// operand k starts at offsets[k] and moves on by steps[k].
  template <class Run>
  void for_each_run(std::size_t begin, std::size_t end, Run run) const {
    if (begin == end) return;
    const std::size_t inner = sizes_.size() - 1;
    Shape index(sizes_.size());
    Offsets offsets{};
    const auto move = [&](std::size_t axis, std::ptrdiff_t by) {
      for (std::size_t k = 0; k < K; ++k) offsets[k] += by * steps_[axis][k];
    };
    for (std::size_t axis = inner + 1, at = begin; axis-- > 0; at /= sizes_[axis]) {
      index[axis] = at % sizes_[axis];
      move(axis, static_cast<std::ptrdiff_t>(index[axis]));
    }
    for (;;) {
      const std::size_t count = std::min(end - begin, sizes_[inner] - index[inner]);
      run(std::as_const(offsets), count, steps_[inner]);
      begin += count;
      if (begin == end) return;
      index[inner] += count;
      move(inner, static_cast<std::ptrdiff_t>(count));
      for (std::size_t axis = inner; index[axis] == sizes_[axis]; --axis) {
        move(axis, -static_cast<std::ptrdiff_t>(sizes_[axis]));
        move(axis - 1, 1);
        index[axis] = 0;
        ++index[axis - 1];
      }
    }
  }
  /// The same for all elements, a piece of them at a time, on all threads of the pool.
  template <class Run>
  void for_each_run(Run run) const {
    const auto piece = [&](std::size_t begin, std::size_t end) { for_each_run(begin, end, run); };
    parallel_ranges(size(), elementwise_grain, piece, Denormals::kept);
  }

 private:
  static void copy_run(const Scalar* from, std::ptrdiff_t step, std::size_t count, Scalar* to) {
    if (step == 1)
      std::copy_n(from, count, to);
    else if (step == 0)
      std::fill_n(to, count, *from);
    else
      for (std::size_t i = 0; i < count; ++i, from += step) to[i] = *from;
  }
  bool continues(const Offsets& steps, std::size_t size) const {
    for (std::size_t k = 0; k < K; ++k)
      if (steps_.back()[k] != steps[k] * static_cast<std::ptrdiff_t>(size)) return false;
    return true;
  }

  // One element, until there is an axis.
  Shape sizes_{1};
  xt::svector<Offsets, 4> steps_{Offsets{}};
};

}  // namespace xtape::inline XTAPE_ABI::kernels
