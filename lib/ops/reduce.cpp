// SPDX-License-Identifier: MIT
#include <xtape/ops/reduce.hpp>

#include <xtape/formula.hpp>

#include "axis.hpp"
#include "kernels/strided.hpp"
#include "text.hpp"

#include <xtape/record.hpp>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::max_to;
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

// The array under another shape, of as many elements.
Array reshaped(Array array, const Shape& shape) {
  array.reshape(shape);
  return array;
}

// The gradient of a reduction, divided by `divisor`, for all elements that were reduced.
Array spread(const Array& g, const Shape& kept, const Shape& shape, double divisor) {
  static const Formula quotient{[](Term x, Term count) { return x / count; }},
      same{[](Term x) { return x; }};
  Array each = reshaped(g, kept), dx = uninitialized(shape);
  if (divisor != 1) quotient.into(each, each, full({}, static_cast<Scalar>(divisor)));
  same.into(dx, each);
  return dx;
}

}  // namespace

Variable sum(const Variable& x, const ReduceOptions& options, Location at) {
  const Op op{"sum", at};
  const Reduction r{op, x.shape(), options};
  return record(op, reshaped(sum_to(x.value(), r.kept), r.result), given(options),
                wrt(x, [kept = r.kept, shape = x.shape()](const Array& g) {
                  return spread(g, kept, shape, 1);
                }));
}

Variable mean(const Variable& x, const ReduceOptions& options, Location at) {
  const Op op{"mean", at};
  const Reduction r{op, x.shape(), options};
  r.check_not_empty(op, x.shape());
  const auto count = static_cast<double>(r.count);
  return record(op, reshaped(sum_to(x.value(), r.kept, count), r.result), given(options),
                wrt(x, [kept = r.kept, shape = x.shape(), count](const Array& g) {
                  return spread(g, kept, shape, count);
                }));
}

Variable max(const Variable& x, const ReduceOptions& options, Location at) {
  const Op op{"max", at};
  const Reduction r{op, x.shape(), options};
  r.check_not_empty(op, x.shape());
  Array best = max_to(x.value(), r.kept);
  Array y = reshaped(best, r.result);
  return record(op, std::move(y), given(options),
                wrt(x, [x = x.shared_value(), best = Value(std::move(best))](const Array& g) {
                  return kernels::extreme_grad(*x, *best, g);
                }));
}

}  // namespace xtape::inline XTAPE_ABI
