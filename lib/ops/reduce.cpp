// SPDX-License-Identifier: MIT
#include <xtape/ops/reduce.hpp>

#include <xtape/formula.hpp>

#include "axis.hpp"
#include "kernels/strided.hpp"
#include "ops/lines.hpp"
#include "ops/multilinear.hpp"
#include "ops/steps.hpp"
#include "ranges.hpp"

#include <xtape/compute.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/elementwise.hpp>
#include <xtape/ops/shape.hpp>
#include <xtape/ops/unary.hpp>
#include <xtape/record.hpp>

#include <limits>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::max_to;
using kernels::min_to;
using kernels::sum_to;

struct ReducedAxes {
  Shape kept;             // the reduced axes have size 1
  Shape result;           // as asked for
  std::size_t count = 1;  // of elements per result

  ReducedAxes(const Op& op, const Shape& shape, const Axes& axes, bool keep_dims) : kept{shape} {
    const PooledVector<char> reduced = marked_axes(op, axes, shape);
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (reduced[i]) {
        kept[i] = 1;
        count *= shape[i];
      }
      if (!reduced[i] || keep_dims) result.push_back(kept[i]);
    }
  }

  void check_not_empty(const Op& op, const Shape& shape) const {
    if (count == 0) throw ShapeError(op, text("nothing to reduce in an array of shape ", shape));
  }
};

// The gradient of a reduction, divided by `divisor`, for all elements that were reduced.
Array spread(const Array& g, const Shape& kept, const Shape& shape, double divisor) {
  static const Formula quotient{[](Term x, Term count) { return x / count; }},
      same{[](Term x) { return x; }};
  Array each = reshaped(g, kept), dx = uninitialized(shape);
  if (divisor != 1) quotient.into(each, each, full({}, static_cast<Scalar>(divisor)));
  same.into(dx, each);
  return dx;
}

// The gradient of a sum or, with a divisor, of a mean.
struct Spread {
  Shape kept, shape;
  double divisor;
  Array operator()(const Array& g) const { return spread(g, kept, shape, divisor); }
  Variable again(const Variable& g, const Kept&) const {
    const Variable each = broadcast_to(with_shape(g, kept), shape);
    return divisor == 1 ? each : each / divisor;
  }
};

// A maximum or a minimum.
Variable extreme(const Op& op, const Variable& x, const ReduceOptions& options,
                 Array (*reduce)(const Array&, const Shape&)) {
  const ReducedAxes r{op, x.shape(), options.axes, options.keep_dims};
  r.check_not_empty(op, x.shape());
  Array best = reduce(x.value(), r.kept);
  Array y = reshaped(best, r.result);
  return record(op, std::move(y), given(options),
                wrt(
                    x,
                    [x = x.shared_value(), best = Value(std::move(best))](const Array& g) {
                      return kernels::extreme_grad(*x, *best, g);
                    },
                    // What is the extreme does not change with a small step.
                    [kept = r.kept](const Variable& g, const Kept& of) {
                      const Array best = reshaped(of.result().value(), kept);
                      return with_shape(g, kept) * g.tape().input(kernels::extreme_grad(
                                                       of.inputs[0].value(), best, full(kept, 1)));
                    }));
}

// The order in which the axes that are kept come before those that are reduced, which then are rows.
Axes rows_last(const Shape& shape, const Shape& kept) {
  Axes order;
  for (const bool reduced : {false, true})
    for (std::size_t i = 0; i < shape.size(); ++i)
      if ((kept[i] != shape[i]) == reduced) order.push_back(static_cast<std::ptrdiff_t>(i));
  return order;
}

// dx[i] = g * the product of all x[j] but x[i].
void product_of_others(std::size_t size, const Scalar* x, Scalar g, Scalar* dx) {
  double before = static_cast<double>(g), behind = 1;
  for (std::size_t i = 0; i < size; before *= static_cast<double>(x[i++]))
    dx[i] = static_cast<Scalar>(before);
  for (std::size_t i = size; i-- > 0; behind *= static_cast<double>(x[i]))
    dx[i] = static_cast<Scalar>(static_cast<double>(dx[i]) * behind);
}

// The products of the rows, by halves: what is 0 is divided by nowhere.
Variable product_of_rows(const Variable& x) {
  const auto size = static_cast<std::ptrdiff_t>(x.shape()[1]), half = size / 2;
  if (size == 0) return x.tape().input(full({x.shape()[0], 1}, 1));
  if (size == 1) return x;
  return product_of_rows(slice(x, {.axis = 1, .end = half})) *
         product_of_rows(slice(x, {.axis = 1, .begin = half}));
}

constexpr auto lowest = std::numeric_limits<Scalar>::lowest();

// By what numbers of this size are divided, so that their squares stay in the range of Scalar.
const Formula& unit() {
  static const Formula size{
      [](Term m) { return where((m > 0) * (m < std::numeric_limits<double>::infinity()), m, 1); }};
  return size;
}

// The variance, or with `root` the standard deviation.
Variable deviation(const Op& op, const Variable& x, const VarianceOptions& options, bool root) {
  static const Formula squared{[](Term a, Term mean) { return square(a - mean); }},
      reach{[](Term max, Term min, Term mean) { return unit()(maximum(max - mean, mean - min)); }},
      squared_share{[](Term a, Term mean, Term scale) { return square((a - mean) / scale); }},
      square_root{[](Term v, Term scale) { return scale * sqrt(v); }},
      of_variance{[](Term g, Term, Term count) { return 2 * g / count; }},
      of_root{[](Term g, Term y, Term count) { return where(y == 0, 0, g / (y * count)); }},
      gradient{[](Term each, Term a, Term mean) { return each * (a - mean); }};
  const ReducedAxes r{op, x.shape(), options.axes, options.keep_dims};
  if (r.count <= options.correction)
    throw ShapeError(op, text("expected more elements than the correction ", options.correction,
                              ", got ", r.count, " of an array of shape ", x.shape()));
  const auto count = static_cast<double>(r.count - options.correction);
  Value mean = sum_to(x.value(), r.kept, static_cast<double>(r.count));
  const auto of_shares = [&] {
    const Array scale = reach(max_to(x.value(), r.kept), min_to(x.value(), r.kept), *mean);
    return square_root(sum_to(squared_share(x.value(), *mean, scale), r.kept, count), scale);
  };
  const Value y = root ? of_shares() : sum_to(squared(x.value(), *mean), r.kept, count);
  return record(
      op, y.reshaped(r.result), given(options),
      wrt(
          x,
          [x = x.shared_value(), mean, y, count, root](const Array& g) {
            Array each = reshaped(g, y->shape()), dx = uninitialized(x->shape());
            (root ? of_root : of_variance)
                .into(each, each, *y, full({}, static_cast<Scalar>(count)));
            gradient.into(dx, each, *x, *mean);
            return dx;
          },
          [kept = r.kept, options, count, root](const Variable& g, const Kept& of) {
            const Variable &x = of.inputs[0], y = with_shape(of.result(), kept);
            const Variable each =
                with_shape(g, kept) * (root ? 1 / where(equal(y, 0), 1, y) : number_beside(g, 2));
            return each * (x - xtape::mean(x, {.axes = options.axes, .keep_dims = true})) / count;
          }));
}

// The sums up to each element along the axis, or from the last one.
Array cumulated(const Array& x, const Lines& lines, bool reverse) {
  Array y = uninitialized(x.shape());
  const Scalar* const from = x.data();
  Scalar* const to = y.data();
  lines.for_each_block([=](std::size_t outer, std::size_t begin, std::size_t columns) {
    double sums[Lines::most_width] = {};
    for (std::size_t i = 0; i < lines.size; ++i) {
      const std::size_t row = outer * lines.size + (reverse ? lines.size - 1 - i : i),
                        at = row * lines.inner + begin;
      for (std::size_t c = 0; c < columns; ++c)
        to[at + c] = static_cast<Scalar>(sums[c] += static_cast<double>(from[at + c]));
    }
  });
  return y;
}

}  // namespace

Variable sum(const Variable& x, const ReduceOptions& options, Location at) {
  const Op op{"sum", at};
  const ReducedAxes r{op, x.shape(), options.axes, options.keep_dims};
  return record(op, reshaped(sum_to(x.value(), r.kept), r.result), given(options),
                wrt(x, Spread{r.kept, x.shape(), 1}));
}

Variable mean(const Variable& x, const ReduceOptions& options, Location at) {
  const Op op{"mean", at};
  const ReducedAxes r{op, x.shape(), options.axes, options.keep_dims};
  r.check_not_empty(op, x.shape());
  const auto count = static_cast<double>(r.count);
  return record(op, reshaped(sum_to(x.value(), r.kept, count), r.result), given(options),
                wrt(x, Spread{r.kept, x.shape(), count}));
}

Variable max(const Variable& x, const ReduceOptions& options, Location at) {
  return extreme({"max", at}, x, options, max_to);
}

Variable min(const Variable& x, const ReduceOptions& options, Location at) {
  return extreme({"min", at}, x, options, min_to);
}

Variable prod(const Variable& x, const ReduceOptions& options, Location at) {
  const Op op{"prod", at};
  const ReducedAxes r{op, x.shape(), options.axes, options.keep_dims};
  const Axes order = rows_last(x.shape(), r.kept);
  const Value rows =
      std::ranges::is_sorted(order) ? x.shared_value() : compute::transpose(x.value(), order, at);
  Array y = uninitialized(r.result);
  const std::size_t size = r.count;
  for_each_row(y.size(), size, [size, from = rows->data(), to = y.data()](std::size_t row) {
    double product = 1;
    for (std::size_t i = 0; i < size; ++i) product *= static_cast<double>(from[row * size + i]);
    to[row] = static_cast<Scalar>(product);
  });
  return record(op, std::move(y), given(options),
                wrt(x,
                    [rows, order, size](const Array& g) {
                      Array d = uninitialized(rows->shape());
                      for_each_row(
                          g.size(), size,
                          [size, x = rows->data(), g = g.data(), d = d.data()](std::size_t row) {
                            product_of_others(size, x + row * size, g[row], d + row * size);
                          });
                      return compute::transpose(d, inverse(order));
                    }),
                defined([order, shape = r.result, size](std::span<const Variable> in) {
                  Variable rest = transpose(in[0], {.axes = order});
                  rest = with_shape(rest, {element_count(shape), size});
                  return with_shape(product_of_rows(rest), shape);
                }));
}

namespace {

// The gradient by a formula, which is never gone, of that of the result, of x and of the result, its axes kept.
auto gradient_by(const Formula& formula, Value x, Value y) {
  return [&formula, x = std::move(x), y = std::move(y)](const Array& g) {
    Array dx = uninitialized(x->shape());
    formula.into(dx, reshaped(g, y->shape()), *x, *y);
    return dx;
  };
}

}  // namespace

Variable logsumexp(const Variable& x, const ReduceOptions& options, Location at) {
  static const Formula finite{
      [](Term m) { return where(abs(m) < std::numeric_limits<double>::infinity(), m, 0); }},
      power{[](Term a, Term m) { return exp(a - m); }},
      logarithm{[](Term sum, Term m) { return m + log(sum); }},
      // Where y is -infinity, all elements are.
      gradient{[](Term g, Term a, Term y) { return where(y < lowest, 0, g * exp(a - y)); }};
  const Op op{"logsumexp", at};
  const ReducedAxes r{op, x.shape(), options.axes, options.keep_dims};
  r.check_not_empty(op, x.shape());
  Array largest = max_to(x.value(), r.kept);
  finite.into(largest, largest);
  const Value y = logarithm(sum_to(power(x.value(), largest), r.kept), largest);
  return record(op, y.reshaped(r.result), given(options),
                wrt(x, gradient_by(gradient, x.shared_value(), y),
                    [kept = r.kept](const Variable& g, const Kept& of) {
                      const Variable y = with_shape(of.result(), kept);
                      const Variable finite = where(y < lowest, 0, y);
                      return with_shape(g, kept) * exp(of.inputs[0] - finite);
                    }));
}

Variable norm(const Variable& x, const ReduceOptions& options, Location at) {
  static const Formula size{[](Term max, Term min) { return unit()(maximum(max, -min)); }},
      squared{[](Term a, Term scale) { return square(a / scale); }},
      root{[](Term sum, Term scale) { return scale * sqrt(sum); }},
      gradient{[](Term g, Term a, Term y) { return where(y == 0, 0, g * (a / y)); }};
  const Op op{"norm", at};
  const ReducedAxes r{op, x.shape(), options.axes, options.keep_dims};
  r.check_not_empty(op, x.shape());
  const Array scale = size(max_to(x.value(), r.kept), min_to(x.value(), r.kept));
  const Value y = root(sum_to(squared(x.value(), scale), r.kept), scale);
  return record(op, y.reshaped(r.result), given(options),
                wrt(x, gradient_by(gradient, x.shared_value(), y),
                    [kept = r.kept](const Variable& g, const Kept& of) {
                      const Variable y = with_shape(of.result(), kept);
                      return with_shape(g, kept) * (of.inputs[0] / where(equal(y, 0), 1, y));
                    }));
}

Variable cosine_similarity(const Variable& a, const Variable& b, const CosineOptions& options,
                           Location at) {
  static const Elementwise quotient{[](Term dot, Term a, Term b, Term least) {
                                      return dot / maximum(a, least) / maximum(b, least);
                                    },
                                    [](Term g, Term, Term a, Term b, Term, Term least) {
                                      return g / maximum(a, least) / maximum(b, least);
                                    },
                                    [](Term g, Term, Term a, Term, Term y, Term least) {
                                      return where(a > least, -g * y / a, 0);
                                    },
                                    [](Term g, Term, Term, Term b, Term y, Term least) {
                                      return where(b > least, -g * y / b, 0);
                                    }};
  const Op op{"cosine_similarity", at};
  if (a.shape() != b.shape())
    throw ShapeError(op,
                     text("expected two arrays of one shape, got ", a.shape(), " and ", b.shape()));
  check_positive(op, "epsilon", options.epsilon);
  const ReduceOptions along{.axes = {options.axis}};
  return quotient(op, sum(mul({a, at}, {b, at}), along, at), norm(a, along, at), norm(b, along, at),
                  {options.epsilon}, options);
}

Variable variance(const Variable& x, const VarianceOptions& options, Location at) {
  return deviation({"variance", at}, x, options, false);
}

Variable stddev(const Variable& x, const VarianceOptions& options, Location at) {
  return deviation({"stddev", at}, x, options, true);
}

Variable cumsum(const Variable& x, const CumsumOptions& options, Location at) {
  const Op op{"cumsum", at};
  const Lines lines{x.shape(), checked_axis(op, options.axis, x.shape())};
  return linear(
      op, x, [lines](const Array& a) { return cumulated(a, lines, false); },
      [lines](const Array& g) { return cumulated(g, lines, true); }, options);
}

}  // namespace xtape::inline XTAPE_ABI
