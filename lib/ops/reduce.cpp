// SPDX-License-Identifier: MIT
#include <xtape/ops/reduce.hpp>

#include "kernels/strided.hpp"
#include "ops/axis.hpp"
#include "text.hpp"

#include <limits>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::broadcast_to;
using kernels::sum_to;

struct Reduction {
  Shape kept;             // the reduced axes have size 1
  Shape result;           // as asked for
  std::size_t count = 1;  // of elements per result

  Reduction(const Op& op, const Shape& shape, const ReduceOptions& options) : kept{shape} {
    PooledVector<char> reduced(shape.size(), options.axes.empty());
    for (std::ptrdiff_t axis : options.axes) {
      const std::size_t i = checked_axis(op, axis, shape);
      if (reduced[i]) throw ShapeError(op, text("the axis ", axis, " is given twice"));
      reduced[i] = true;
    }
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (reduced[i]) {
        kept[i] = 1;
        count *= shape[i];
      }
      if (!reduced[i] || options.keep_dims) result.push_back(kept[i]);
    }
  }

  void check_not_empty(const Op& op, const Shape& shape) const {
    if (count == 0) throw ShapeError(op, text("nothing to reduce in an array of shape ", shape));
  }
};

}  // namespace

Variable sum(const Variable& x, const ReduceOptions& options, Location at) {
  const Op op{"sum", at};
  const Reduction r{op, x.shape(), options};
  return record(op, reshaped(sum_to(x.value(), r.kept), r.result), given(options),
                wrt(x, [kept = r.kept, shape = x.shape()](const Array& g) {
                  return broadcast_to(reshaped(g, kept), shape);
                }));
}

Variable mean(const Variable& x, const ReduceOptions& options, Location at) {
  const Op op{"mean", at};
  const Reduction r{op, x.shape(), options};
  r.check_not_empty(op, x.shape());
  const auto count = static_cast<Scalar>(r.count);
  return record(op, reshaped(sum_to(x.value(), r.kept, static_cast<double>(r.count)), r.result),
                given(options), wrt(x, [kept = r.kept, shape = x.shape(), count](const Array& g) {
                  Array share = reshaped(g, kept);
                  for (Scalar& v : share.storage()) v /= count;
                  return broadcast_to(share, shape);
                }));
}

Variable max(const Variable& x, const ReduceOptions& options, Location at) {
  const Op op{"max", at};
  const Reduction r{op, x.shape(), options};
  r.check_not_empty(op, x.shape());
  Array best = full(r.kept, -std::numeric_limits<Scalar>::infinity());
  const kernels::Nest<2> nest{
      x.shape(), {kernels::row_major(x.shape()), kernels::strides_over(r.kept, x.shape())}};
  nest.for_each_run([&](const auto& from, std::size_t count, const auto& step) {
    const Scalar* v = x.value().data() + from[0];
    Scalar* y = best.data() + from[1];
    for (std::size_t i = 0; i < count; ++i, v += step[0], y += step[1])
      *y = *v > *y || *v != *v ? *v : *y;  // a NaN is the maximum
  });
  Array y = reshaped(best, r.result);
  return record(op, std::move(y), given(options),
                wrt(x, [x = x.shared_value(), best = Value(std::move(best))](const Array& g) {
                  const auto equal = [](Scalar v, Scalar b) { return static_cast<Scalar>(v == b); };
                  const auto divide = [](Scalar d, Scalar n) { return d / n; };
                  const auto times = [](Scalar m, Scalar d) { return m * d; };
                  const Shape& kept = best->shape();
                  const Array mask = kernels::broadcast(*x, *best, x->shape(), equal);
                  const Array share =
                      kernels::broadcast(reshaped(g, kept), sum_to(mask, kept), kept, divide);
                  return kernels::broadcast(mask, share, x->shape(), times);
                }));
}

}  // namespace xtape::inline XTAPE_ABI
