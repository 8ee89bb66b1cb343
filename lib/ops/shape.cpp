// SPDX-License-Identifier: MIT
#include <xtape/ops/shape.hpp>

#include "axis.hpp"
#include "kernels/strided.hpp"
#include "ranges.hpp"

#include <xtape/compute.hpp>
#include <xtape/record.hpp>

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

// A part of an array along one axis: `count` elements from `begin` on, by steps.
class Part {
 public:
  Part(const Shape& of, std::size_t axis, std::size_t begin, std::size_t count,
       std::size_t step = 1)
      : shape_{with_size(of, axis, count)}, strides_{row_major(of)} {
    first_ = static_cast<std::ptrdiff_t>(begin) * strides_[axis];
    strides_[axis] *= static_cast<std::ptrdiff_t>(step);
  }

  Array taken(const Array& whole) const {
    Array part = uninitialized(shape_);
    copy(shape_, whole.data() + first_, strides_, part.data(), row_major(shape_));
    return part;
  }
  void put(const Array& part, Array& whole) const {
    copy(shape_, part.data(), row_major(shape_), whole.data() + first_, strides_);
  }
  void add(const Array& part, Array& whole) const {
    const Scalar* const from = part.data();
    Scalar* const to = whole.data() + first_;
    kernels::Nest<2>{shape_, {row_major(shape_), strides_}}.for_each_run(
        [=](const auto& at, std::size_t count, const auto& step) {
          const Scalar* p = from + at[0];
          Scalar* q = to + at[1];
          for (std::size_t i = 0; i < count; ++i, p += step[0], q += step[1]) *q += *p;
        });
  }

 private:
  Shape shape_;
  Strides strides_;  // in the whole
  std::ptrdiff_t first_;
};

// The order of axes that undoes another; without axes they are reversed, which undoes itself.
Axes inverse(const Axes& axes) {
  const auto rank = static_cast<std::ptrdiff_t>(axes.size());
  Axes result(axes.size());
  for (std::ptrdiff_t i = 0; i < rank; ++i) {
    const std::ptrdiff_t axis = axes[static_cast<std::size_t>(i)];
    result[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)] = i;
  }
  return result;
}

Shape sizes_of_parts(const Op& op, const Shape& shape, std::size_t axis,
                     const SplitOptions& options) {
  check_count(op, "parts", options.parts);
  std::size_t left = shape[axis];
  if (options.sizes.empty()) {
    if (left % options.parts != 0)
      throw ShapeError(
          op,
          text("cannot cut axis ", axis, " of ", shape, " into ", options.parts, " equal parts"),
          "give their sizes?");
    return Shape(options.parts, left / options.parts);
  }
  bool fits = true;
  for (const std::size_t size : options.sizes) {
    fits &= size <= left;
    left -= std::min(size, left);
  }
  if (!fits || left != 0)
    throw ShapeError(op, text("the sizes ", options.sizes, " of the parts do not add up to axis ",
                              axis, " of ", shape));
  return options.sizes;
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
  Array y = compute::transpose(x.value(), options.axes, at);
  return record({"transpose", at}, std::move(y), given(options),
                wrt(x, [back = inverse(options.axes)](const Array& g) {
                  return compute::transpose(g, back);
                }));
}

Variable concatenate(std::span<const Variable> inputs, const ConcatenateOptions& options,
                     Location at) {
  const Op op{"concatenate", at};
  if (inputs.empty()) throw ShapeError(op, "expected at least one array");
  const Shape& first = inputs[0].shape();
  const std::size_t axis = checked_axis(op, options.axis, first);
  std::size_t total = 0;
  for (const Variable& x : inputs) {
    if (x.rank() != first.size() || with_size(x.shape(), axis, first[axis]) != first)
      throw ShapeError(
          op, text("the shapes ", first, " and ", x.shape(), " differ in more than axis ", axis));
    total += x.shape()[axis];
  }
  const Shape shape = with_size(first, axis, total);
  Array y = uninitialized(shape);
  PooledVector<Part> parts;
  std::size_t begin = 0;
  for (const Variable& x : inputs) {
    parts.emplace_back(shape, axis, begin, x.shape()[axis]);
    parts.back().put(x.value(), y);
    begin += x.shape()[axis];
  }
  return record(op, std::move(y), given(options),
                wrt(inputs, [parts = std::move(parts)](std::size_t i, const Array& g) {
                  return parts[i].taken(g);
                }));
}

Variable slice(const Variable& x, const SliceOptions& options, Location at) {
  const Op op{"slice", at};
  const std::size_t axis = checked_axis(op, options.axis, x.shape());
  check_count(op, "step", options.step);
  const auto size = static_cast<std::ptrdiff_t>(x.shape()[axis]);
  const auto bound = [size](std::ptrdiff_t i) {
    return std::clamp<std::ptrdiff_t>(i < 0 ? i + size : i, 0, size);
  };
  const std::ptrdiff_t begin = bound(options.begin);
  const std::ptrdiff_t length = std::max<std::ptrdiff_t>(bound(options.end) - begin, 0);
  const std::ptrdiff_t step = std::min(options.step, size + 1);  // a longer one takes no more
  const Part part{x.shape(), axis, static_cast<std::size_t>(begin),
                  static_cast<std::size_t>((length + step - 1) / step),
                  static_cast<std::size_t>(step)};
  return record(op, part.taken(x.value()), given(options),
                wrt(x, [part](const Array& g, Array& dx) { part.add(g, dx); }));
}

PooledVector<Variable> split(const Variable& x, const SplitOptions& options, Location at) {
  const Op op{"split", at};
  const std::size_t axis = checked_axis(op, options.axis, x.shape());
  PooledVector<Part> parts;
  PooledVector<Value> values;
  std::size_t begin = 0;
  for (const std::size_t count : sizes_of_parts(op, x.shape(), axis, options)) {
    parts.emplace_back(x.shape(), axis, begin, count);
    values.emplace_back(parts.back().taken(x.value()));
    begin += count;
  }
  return record(op, std::move(values), given(options),
                wrt(x, [parts = std::move(parts)](const Gradients& g, Array& dx) {
                  for (std::size_t i = 0; i < parts.size(); ++i)
                    if (g[i] != nullptr) parts[i].add(*g[i], dx);
                }));
}

}  // namespace xtape::inline XTAPE_ABI
