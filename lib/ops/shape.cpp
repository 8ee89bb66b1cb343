// SPDX-License-Identifier: MIT
#include <xtape/ops/shape.hpp>

#include "kernels/strided.hpp"
#include "ops/axis.hpp"
#include "text.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::copy;
using kernels::row_major;
using kernels::Strides;

Shape with_size(Shape shape, std::size_t axis, std::size_t size) {
  shape[axis] = size;
  return shape;
}

// The strides of a transposed array, in the order of the result's axes.
Strides permuted(const Strides& strides, const Axes& order) {
  Strides result;
  for (std::ptrdiff_t axis : order) result.push_back(strides[static_cast<std::size_t>(axis)]);
  return result;
}

}  // namespace

Variable reshape(const Variable& x, const Axes& shape, Location at) {
  const Op op{"reshape", at};
  Shape target;
  std::size_t known = 1;
  bool overflow = false;
  std::ptrdiff_t open = -1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] < -1 || (shape[i] == -1 && open >= 0))
      throw ShapeError(op, "expected sizes of at least 0 and at most one -1");
    if (shape[i] == -1) open = static_cast<std::ptrdiff_t>(i);
    target.push_back(shape[i] == -1 ? 1 : static_cast<std::size_t>(shape[i]));
    overflow |= __builtin_mul_overflow(known, target.back(), &known);
  }
  if (open >= 0 && known > 0) target[static_cast<std::size_t>(open)] = x.size() / known;
  const std::size_t count = open >= 0 && known > 0 ? x.size() / known * known : known;
  if (overflow || count != x.size())
    throw ShapeError(op,
                     text("cannot reshape ", x.shape(), ", ", x.size(), " elements, to ", shape));
  if (open >= 0 && known == 0)
    throw ShapeError(op, text("any size fits the -1 when ", x.shape(), " becomes ", shape),
                     "give the size?");
  return record(op, x.shared_value().reshaped(target),
                wrt(x, [from = x.shape()](Array& g) { g.reshape(from); }));
}

Variable flatten(const Variable& x, Location at) {
  const Op op{"flatten", at};
  if (x.rank() == 0) throw ShapeError(op, "expected (N, ...), got a scalar");
  const std::size_t rows = x.shape()[0];
  std::size_t columns = 1;
  for (std::size_t i = 1; i < x.rank(); ++i) columns *= x.shape()[i];
  return record(op, x.shared_value().reshaped({rows, columns}),
                wrt(x, [from = x.shape()](Array& g) { g.reshape(from); }));
}

Variable transpose(const Variable& x, const TransposeOptions& options, Location at) {
  const Op op{"transpose", at};
  Axes order = options.axes;
  if (order.empty())
    for (std::size_t i = x.rank(); i-- > 0;) order.push_back(static_cast<std::ptrdiff_t>(i));
  Shape shape;
  PooledVector<char> seen(x.rank(), false);
  for (std::ptrdiff_t& axis : order) {
    axis = static_cast<std::ptrdiff_t>(checked_axis(op, axis, x.shape()));
    const auto i = static_cast<std::size_t>(axis);
    if (seen[i]) throw ShapeError(op, text("the axis ", axis, " is given twice"));
    seen[i] = true;
    shape.push_back(x.shape()[i]);
  }
  if (order.size() != x.rank())
    throw ShapeError(
        op, text("expected all ", x.rank(), " axes of ", x.shape(), ", got ", order.size()));
  Array y = uninitialized(shape);
  copy(shape, x.value().data(), permuted(row_major(x.shape()), order), y.data(), row_major(shape));
  return record(op, std::move(y), given(options), wrt(x, [order, from = x.shape()](const Array& g) {
                  Array dx = uninitialized(from);
                  copy(g.shape(), g.data(), row_major(g.shape()), dx.data(),
                       permuted(row_major(from), order));
                  return dx;
                }));
}

Variable concatenate(std::span<const Variable> inputs, const ConcatenateOptions& options,
                     Location at) {
  const Op op{"concatenate", at};
  if (inputs.empty()) throw ShapeError(op, "expected at least one array");
  const Shape& first = inputs[0].shape();
  const std::size_t axis = checked_axis(op, options.axis, first);
  PooledVector<std::size_t> begins;
  std::size_t total = 0;
  for (const Variable& x : inputs) {
    if (x.rank() != first.size() || with_size(x.shape(), axis, first[axis]) != first)
      throw ShapeError(
          op, text("the shapes ", first, " and ", x.shape(), " differ in more than axis ", axis));
    begins.push_back(total);
    total += x.shape()[axis];
  }
  const Shape shape = with_size(first, axis, total);
  const Strides strides = row_major(shape);
  const std::ptrdiff_t step = strides[axis];
  Array y = uninitialized(shape);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    copy(inputs[i].shape(), inputs[i].value().data(), row_major(inputs[i].shape()),
         y.data() + static_cast<std::ptrdiff_t>(begins[i]) * step, strides);
  PooledVector<Shape> shapes;
  for (const Variable& x : inputs) shapes.push_back(x.shape());
  return record(op, std::move(y), given(options), wrt(inputs, [=](std::size_t i, const Array& g) {
                  Array dx = uninitialized(shapes[i]);
                  copy(shapes[i], g.data() + static_cast<std::ptrdiff_t>(begins[i]) * step, strides,
                       dx.data(), row_major(shapes[i]));
                  return dx;
                }));
}

Variable slice(const Variable& x, const SliceOptions& options, Location at) {
  const Op op{"slice", at};
  const std::size_t axis = checked_axis(op, options.axis, x.shape());
  if (options.step < 1)
    throw ValueError(op, text("expected a step of at least 1, got ", options.step));
  const auto size = static_cast<std::ptrdiff_t>(x.shape()[axis]);
  const auto bound = [size](std::ptrdiff_t i) {
    return std::clamp<std::ptrdiff_t>(i < 0 ? i + size : i, 0, size);
  };
  const std::ptrdiff_t begin = bound(options.begin);
  const std::ptrdiff_t length = std::max<std::ptrdiff_t>(bound(options.end) - begin, 0);
  const std::ptrdiff_t step = std::min(options.step, size + 1);  // a longer one takes no more
  const Shape shape =
      with_size(x.shape(), axis, static_cast<std::size_t>((length + step - 1) / step));
  Strides strides = row_major(x.shape());
  const std::ptrdiff_t first = begin * strides[axis];
  strides[axis] *= step;
  Array y = uninitialized(shape);
  copy(shape, x.value().data() + first, strides, y.data(), row_major(shape));
  return record(op, std::move(y), given(options),
                wrt(x, [from = x.shape(), first, strides](const Array& g) {
                  Array dx = zeros(from);
                  copy(g.shape(), g.data(), row_major(g.shape()), dx.data() + first, strides);
                  return dx;
                }));
}

}  // namespace xtape::inline XTAPE_ABI
