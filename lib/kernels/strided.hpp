// SPDX-License-Identifier: MIT
// Loops over arrays of different shapes or orders of axes: broadcasting, reducing, transposing,
// slicing. One mechanism serves them all: a nest of loops in which each operand has a stride per axis,
// 0 where it does not move.
#pragma once

#include <xtape/array.hpp>

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

/// The row-major strides of an array of `shape`.
Strides row_major(const Shape& shape);
/// The strides of a row-major array of `shape` that is broadcast to `over`.
Strides strides_over(const Shape& shape, const Shape& over);

/// `a` summed to `shape`, which broadcasts to the shape of `a`; each sum is divided by `divisor`.
Array sum_to(const Array& a, const Shape& shape, double divisor = 1);
/// `a` repeated to `shape`, to which it broadcasts.
Array broadcast_to(const Array& a, const Shape& shape);
/// out += a, elementwise; the shapes are equal.
void add_to(Array& out, const Array& a);

/// Loops over `shape` with K operands. Axes that all operands walk alike are joined, so the innermost
/// loop, a run, is as long as can be.
template <std::size_t K>
class Nest {
 public:
  using Offsets = std::array<std::ptrdiff_t, K>;

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

  /// Calls run(offsets, count, steps) for each run: `count` elements, where operand k starts at
  /// offsets[k] and moves on by steps[k].
  template <class Run>
  void for_each_run(Run run) const {
    for (std::size_t size : sizes_)
      if (size == 0) return;
    const std::size_t outer = sizes_.size() - 1;
    Shape index(outer, 0);
    Offsets offsets{};
    for (;;) {
      run(std::as_const(offsets), sizes_.back(), steps_.back());
      std::size_t axis = outer;
      for (;;) {
        if (axis == 0) return;
        --axis;
        for (std::size_t k = 0; k < K; ++k) offsets[k] += steps_[axis][k];
        if (++index[axis] < sizes_[axis]) break;
        index[axis] = 0;
        for (std::size_t k = 0; k < K; ++k)
          offsets[k] -= steps_[axis][k] * static_cast<std::ptrdiff_t>(sizes_[axis]);
      }
    }
  }

 private:
  bool continues(const Offsets& steps, std::size_t size) const {
    for (std::size_t k = 0; k < K; ++k)
      if (steps_.back()[k] != steps[k] * static_cast<std::ptrdiff_t>(size)) return false;
    return true;
  }

  // One element, until there is an axis.
  Shape sizes_{1};
  xt::svector<Offsets, 4> steps_{Offsets{}};
};

/// f(a, b) elementwise, over the shape to which both broadcast.
template <class F>
Array broadcast(const Array& a, const Array& b, const Shape& shape, F f) {
  Array out = uninitialized(shape);
  if (same(a.shape(), shape) && same(b.shape(), shape)) {
    for (std::size_t i = 0; i < out.size(); ++i) out.data()[i] = f(a.data()[i], b.data()[i]);
    return out;
  }
  const Nest<3> nest{
      shape, {row_major(shape), strides_over(a.shape(), shape), strides_over(b.shape(), shape)}};
  Scalar* const to = out.data();
  nest.for_each_run([&](const auto& at, std::size_t count, const auto& step) {
    Scalar* const y = to + at[0];
    const Scalar* const p = a.data() + at[1];
    const Scalar* const q = b.data() + at[2];
    if (step[1] == 1 && step[2] == 1)
      for (std::size_t i = 0; i < count; ++i) y[i] = f(p[i], q[i]);
    else if (step[1] == 1 && step[2] == 0)
      for (std::size_t i = 0; i < count; ++i) y[i] = f(p[i], *q);
    else if (step[1] == 0 && step[2] == 1)
      for (std::size_t i = 0; i < count; ++i) y[i] = f(*p, q[i]);
    else
      for (std::size_t i = 0; i < count; ++i) y[i] = f(p[step[1] * i], q[step[2] * i]);
  });
  return out;
}

}  // namespace xtape::inline XTAPE_ABI::kernels
