// SPDX-License-Identifier: MIT
#include <xtape/compute.hpp>

#include "axis.hpp"
#include "kernels/parallel.hpp"
#include "kernels/product.hpp"
#include "kernels/strided.hpp"
#include "text.hpp"
#include <xtape/formula.hpp>

namespace xtape::inline XTAPE_ABI::compute {

Array exp(const Array& x) {
  static const Formula f{[](Term a) { return exp(a); }};
  return f(x);
}

Array log(const Array& x) {
  static const Formula f{[](Term a) { return log(a); }};
  return f(x);
}

Array tanh(const Array& x) {
  static const Formula f{[](Term a) { return tanh(a); }};
  return f(x);
}

Array sigmoid(const Array& x) {
  static const Formula f{[](Term a) { return sigmoid(a); }};
  return f(x);
}

Array matmul(const Array& a, const Array& b, const MatmulOptions& options, Location at) {
  return kernels::Product{
      {"matmul", at}, {a.shape(), options.transpose_a}, {b.shape(), options.transpose_b}}(a, b);
}

Array transpose(const Array& x, const Axes& axes, Location at) {
  const Op op{"transpose", at};
  const std::size_t rank = x.dimension();
  if (!axes.empty() && axes.size() != rank)
    throw ShapeError(op,
                     text("expected all ", rank, " axes of ", x.shape(), ", got ", axes.size()));
  const kernels::Strides strides = kernels::row_major(x.shape());
  Shape shape(rank);
  kernels::Strides from(rank);
  PooledVector<char> seen(rank, false);
  for (std::size_t i = 0; i < rank; ++i) {
    const std::size_t axis = axes.empty() ? rank - 1 - i : checked_axis(op, axes[i], x.shape());
    if (seen[axis]) throw ShapeError(op, text("the axis ", axis, " is given twice"));
    seen[axis] = true;
    shape[i] = x.shape()[axis];
    from[i] = strides[axis];
  }
  Array y = uninitialized(shape);
  kernels::copy(shape, x.data(), from, y.data(), kernels::row_major(shape));
  return y;
}

Array sum_to(const Array& x, const Shape& shape, Location at) {
  if (!kernels::broadcasts_to(shape, x.shape()))
    throw ShapeError({"sum_to", at},
                     text("expected a shape that broadcasts to ", x.shape(), ", got ", shape));
  return kernels::sum_to(x, shape);
}

}  // namespace xtape::inline XTAPE_ABI::compute

// The caller's own arithmetic stays as it is: it keeps numbers below the smallest normal one.
void xtape::detail::parallel_for(std::size_t count, std::size_t grain,
                                 void (*run)(void* context, std::size_t begin, std::size_t end),
                                 void* context, Location at) {
  if (grain == 0) throw ValueError({"parallel_for", at}, "expected a grain of at least 1, got 0");
  kernels::parallel_ranges(
      count, grain, [=](std::size_t begin, std::size_t end) { run(context, begin, end); },
      kernels::Denormals::kept);
}
