// SPDX-License-Identifier: MIT
#include <xtape/ops/shape.hpp>

#include "axis.hpp"
#include "kernels/strided.hpp"
#include "ops/multilinear.hpp"
#include "ops/shape.hpp"
#include "ops/steps.hpp"
#include "ranges.hpp"

#include <xtape/compute.hpp>
#include <xtape/formula.hpp>
#include <xtape/ops/index.hpp>
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

// A part of an array: all of it, until it is cut.
class Part {
 public:
  explicit Part(const Shape& of) : shape_{of}, strides_{row_major(of)} {}

  // Along an axis `count` elements from `begin` on, by steps.
  Part& cut(std::size_t axis, std::size_t begin, std::size_t count, std::ptrdiff_t step = 1) {
    if (count > 0) first_ += static_cast<std::ptrdiff_t>(begin) * strides_[axis];
    shape_[axis] = count;
    strides_[axis] *= step;
    return *this;
  }

  Array taken(const Array& whole) const {
    Array part = uninitialized(shape_);
    copy(shape_, whole.data() + first_, strides_, part.data(), row_major(shape_));
    return part;
  }
  // The part among zeros, in the shape of the whole.
  Array alone(const Array& part, const Shape& of) const {
    Array whole = zeros(of);
    put(part, whole);
    return whole;
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
  std::ptrdiff_t first_ = 0;
};

// The gradients of what is put side by side.
struct Joined {
  PooledVector<Part> parts;
  Array operator()(std::size_t i, const Array& g) const { return parts[i].taken(g); }
  Variable again(std::size_t i, const Variable& g) const {
    return linear(
        "gradient", g, [part = parts[i]](const Array& whole) { return part.taken(whole); },
        [part = parts[i], whole = g.shape()](const Array& a) { return part.alone(a, whole); });
  }
};

// The same elements in another shape, and its gradient.
Variable viewed(const Op& op, const Variable& x, const Shape& shape);
struct Viewed {
  Shape from;
  void operator()(Array& g) const { g.reshape(from); }
  Variable again(const Variable& g, const Kept& of) const { return viewed(of.op, g, from); }
};
Variable viewed(const Op& op, const Variable& x, const Shape& shape) {
  return record(op, x.shared_value().reshaped(shape), wrt(x, Viewed{x.shape()}));
}

// A shape with an axis of size 1 at `axis` of the result.
Shape expanded(const Op& op, const Shape& shape, std::ptrdiff_t axis) {
  const auto rank = static_cast<std::ptrdiff_t>(shape.size());
  if (axis < -rank - 1 || axis > rank)
    throw ShapeError(
        op, text("expected an axis of the result from ", -rank - 1, " to ", rank, ", got ", axis));
  const auto* const place = shape.begin() + (axis < 0 ? axis + rank + 1 : axis);
  Shape result(shape.size() + 1, 1);
  std::copy(place, shape.end(), std::copy(shape.begin(), place, result.begin()) + 1);
  return result;
}

// What is shown by the places from -before on of an axis that is reflected at its ends.
PooledVector<std::int32_t> reflected(std::size_t size, const PadWidth& width) {
  PooledVector<std::int32_t> ids;
  for (std::size_t i = width.before; i > 0; --i) ids.push_back(static_cast<std::int32_t>(i));
  for (std::size_t i = 0; i < size; ++i) ids.push_back(static_cast<std::int32_t>(i));
  for (std::size_t i = 0; i < width.after; ++i)
    ids.push_back(static_cast<std::int32_t>(size - 2 - i));
  return ids;
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
  return viewed(op, x, target);
}

Variable flatten(const Variable& x, Location at) {
  const Op op{"flatten", at};
  if (x.rank() == 0) throw ShapeError(op, "expected (N, ...), got a scalar");
  const std::size_t rows = x.shape()[0];
  std::size_t columns = 1;
  for (std::size_t i = 1; i < x.rank(); ++i) columns *= x.shape()[i];
  return viewed(op, x, {rows, columns});
}

Variable squeeze(const Variable& x, const SqueezeOptions& options, Location at) {
  const Op op{"squeeze", at};
  const PooledVector<char> marked = marked_axes(op, options.axes, x.shape());
  Shape shape;
  for (std::size_t i = 0; i < x.rank(); ++i) {
    const std::size_t size = x.shape()[i];
    if (!options.axes.empty() && marked[i] && size != 1)
      throw ShapeError(op, text("expected size 1, got axis ", i, " of ", x.shape()));
    if (!marked[i] || size != 1) shape.push_back(size);
  }
  return viewed(op, x, shape);
}

Variable expand_dims(const Variable& x, std::ptrdiff_t axis, Location at) {
  return viewed({"expand_dims", at}, x, expanded({"expand_dims", at}, x.shape(), axis));
}

Variable transpose(const Variable& x, const TransposeOptions& options, Location at) {
  Array y = compute::transpose(x.value(), options.axes, at);
  return record(
      {"transpose", at}, std::move(y), given(options),
      wrt(
          x, [back = inverse(options.axes)](const Array& g) { return compute::transpose(g, back); },
          [back = inverse(options.axes)](const Variable& g) {
            return transpose(g, {.axes = back});
          }));
}

Variable broadcast_to(const Variable& x, const Shape& shape, Location at) {
  static const Formula same{[](Term a) { return a; }};
  const Op op{"broadcast_to", at};
  if (!kernels::broadcasts_to(x.shape(), shape))
    throw ShapeError(op, text("the shape ", x.shape(), " does not broadcast to ", shape));
  Array y = uninitialized(shape);
  same.into(y, x.value());
  // The tape sums it.
  return record(op, std::move(y),
                wrt(
                    x, [](Array&) {}, [](const Variable& g) { return g; }));
}

Variable tile(const Variable& x, const Shape& repeats, Location at) {
  const Op op{"tile", at};
  if (repeats.size() != x.rank())
    throw ShapeError(op, text("expected a number for each axis of ", x.shape(), ", got ", repeats));
  Shape result = x.shape(), apart, once;  // the latter two with an axis for the repeats before each
  Strides from;
  for (std::size_t i = 0; i < x.rank(); ++i) {
    check_size(op, "a number of repeats", repeats[i]);
    result[i] *= repeats[i];
    for (const std::size_t size : {repeats[i], x.shape()[i]}) apart.push_back(size);
    for (const std::size_t size : {std::size_t{1}, x.shape()[i]}) once.push_back(size);
    for (const std::ptrdiff_t step : {std::ptrdiff_t{0}, row_major(x.shape())[i]})
      from.push_back(step);
  }
  Array y = uninitialized(result);
  copy(apart, x.value().data(), from, y.data(), row_major(apart));
  return record(op, std::move(y),
                wrt(
                    x,
                    [apart, once, shape = x.shape()](const Array& g) {
                      return reshaped(kernels::sum_to(reshaped(g, apart), once), shape);
                    },
                    [apart, once](const Variable& g, const Kept& of) {
                      return with_shape(summed_to(with_shape(g, apart), once),
                                        of.inputs[0].shape());
                    }));
}

Variable flip(const Variable& x, const FlipOptions& options, Location at) {
  const Op op{"flip", at};
  const PooledVector<char> marked = marked_axes(op, options.axes, x.shape());
  Part part{x.shape()};
  for (std::size_t i = 0; i < x.rank(); ++i)
    if (marked[i]) part.cut(i, x.shape()[i] - 1, x.shape()[i], -1);
  return record(op, part.taken(x.value()), given(options),
                wrt(
                    x, [part](const Array& g) { return part.taken(g); },
                    [axes = options.axes](const Variable& g) { return flip(g, {.axes = axes}); }));
}

Variable pad(const Variable& x, std::span<const PadWidth> widths, const PadOptions& options,
             Location at) {
  const Op op{"pad", at};
  if (widths.size() != x.rank())
    throw ShapeError(
        op, text("expected a width for each axis of ", x.shape(), ", got ", widths.size()));
  const bool reflects = options.mode == PadMode::reflect;
  Shape shape = x.shape();
  for (std::size_t i = 0; i < x.rank(); ++i) {
    const std::size_t most = std::max(widths[i].before, widths[i].after);
    check_size(op, "a width", most);
    if (reflects && most > 0 && most >= x.shape()[i])
      throw ShapeError(
          op, text("a width of ", most, " cannot be reflected in axis ", i, " of ", x.shape()));
    shape[i] += widths[i].before + widths[i].after;
  }
  if (reflects) {
    Variable y = x;
    for (std::size_t i = 0; i < x.rank(); ++i)
      if (widths[i].before + widths[i].after > 0)
        y = gather(y, reflected(x.shape()[i], widths[i]), {.axis = static_cast<std::ptrdiff_t>(i)},
                   at);
    return y;
  }
  Part inside{shape};
  for (std::size_t i = 0; i < x.rank(); ++i) inside.cut(i, widths[i].before, x.shape()[i]);
  Array y = full(shape, static_cast<Scalar>(options.value));
  inside.put(x.value(), y);
  return record(
      op, std::move(y), given(Padded{widths, options.value}),
      wrt(x, Transposed{[inside, shape](const Array& a) { return inside.alone(a, shape); },
                        [inside](const Array& g) { return inside.taken(g); }}));
}

Variable stack(std::span<const Variable> inputs, const StackOptions& options, Location at) {
  const Op op{"stack", at};
  if (inputs.empty()) throw ShapeError(op, "expected at least one array");
  const Shape shape = expanded(op, inputs[0].shape(), options.axis);
  PooledVector<Variable> all;
  for (const Variable& x : inputs) {
    if (x.shape() != inputs[0].shape())
      throw ShapeError(op, text("the shapes ", inputs[0].shape(), " and ", x.shape(), " differ"));
    all.push_back(viewed({"expand_dims", at}, x, shape));
  }
  return concatenate(all, {.axis = options.axis}, at);
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
    parts.push_back(Part{shape}.cut(axis, begin, x.shape()[axis]));
    parts.back().put(x.value(), y);
    begin += x.shape()[axis];
  }
  return record(op, std::move(y), given(options), wrt(inputs, Joined{std::move(parts)}));
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
  const Part part = Part{x.shape()}.cut(axis, static_cast<std::size_t>(begin),
                                        static_cast<std::size_t>((length + step - 1) / step), step);
  return record(
      op, part.taken(x.value()), given(options),
      wrt(x, TransposedInto{[part](const Array& a) { return part.taken(a); },
                            [part](const Array& g, Array& dx) { part.add(g, dx); }, x.shape()}));
}

PooledVector<Variable> split(const Variable& x, const SplitOptions& options, Location at) {
  const Op op{"split", at};
  const std::size_t axis = checked_axis(op, options.axis, x.shape());
  PooledVector<Part> parts;
  PooledVector<Value> values;
  std::size_t begin = 0;
  for (const std::size_t count : sizes_of_parts(op, x.shape(), axis, options)) {
    parts.push_back(Part{x.shape()}.cut(axis, begin, count));
    values.emplace_back(parts.back().taken(x.value()));
    begin += count;
  }
  return record(op, std::move(values), given(options),
                wrt(
                    x,
                    [parts = std::move(parts)](const Gradients& g, Array& dx) {
                      for (std::size_t i = 0; i < parts.size(); ++i)
                        if (g[i] != nullptr) parts[i].add(*g[i], dx);
                    },
                    [axis = options.axis](VariableGradients g, const Kept& of) {
                      Tape& tape = of.inputs[0].tape();
                      PooledVector<Variable> all;
                      for (std::size_t i = 0; i < g.size(); ++i)
                        all.push_back(g[i] ? *g[i] : tape.input(zeros(of.results[i].shape())));
                      return concatenate(all, {.axis = axis});
                    }));
}

}  // namespace xtape::inline XTAPE_ABI
