// SPDX-License-Identifier: MIT
#include <xtape/ops/softmax.hpp>

#include "axis.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/rows.hpp"
#include "text.hpp"

#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/elementwise.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/shape.hpp>
#include <xtape/ops/unary.hpp>
#include <xtape/record.hpp>

#include <numeric>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::best;
using kernels::Matrix;
using kernels::RowKernels;

// An op on the rows along the last axis, whose gradient is a function of its result, in ops too.
template <class Again>
Variable rowwise(const Op& op, const Variable& x,
                 void (*RowKernels::*forward)(Matrix, const Scalar*, Scalar*),
                 void (*RowKernels::*backward)(Matrix, const Scalar*, const Scalar*, Scalar*),
                 Again again) {
  const std::size_t columns = x.shape().back();
  const Matrix matrix{x.size() / columns, columns};
  Array result = uninitialized(x.shape());
  (best<RowKernels>().*forward)(matrix, x.value().data(), result.data());
  const Value y = std::move(result);
  return record(op, y,
                wrt(
                    x,
                    [y, matrix, backward](Array& g) {
                      (best<RowKernels>().*backward)(matrix, y->data(), g.data(), g.data());
                    },
                    [again](const Variable& g, const Kept& of) { return again(g, of.result()); }));
}

Variable sums_of_rows(const Variable& x) { return sum(x, {.axes = {-1}, .keep_dims = true}); }

// The same along any axis, which is moved to the end and back.
template <class Forward, class Backward, class Again>
Variable along_axis(const Op& op, const Variable& x, std::ptrdiff_t along, Forward forward,
                    Backward backward, Again again) {
  const std::size_t axis = checked_axis(op, along, x.shape());
  if (x.shape()[axis] == 0)
    throw ShapeError(op, text("the axis ", along, " has size 0 in the shape ", x.shape()));
  if (axis + 1 == x.rank()) return rowwise(op, x, forward, backward, again);
  Axes order(x.rank());
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[axis], order[x.rank() - 1]);
  const Variable last = transpose(x, {.axes = order}, op.at);
  return transpose(rowwise(op, last, forward, backward, again), {.axes = order}, op.at);
}

}  // namespace

Variable softmax(const Variable& x, const SoftmaxOptions& options, Location at) {
  return along_axis(
      {"softmax", at}, x, options.axis, &RowKernels::softmax, &RowKernels::softmax_grad,
      [](const Variable& g, const Variable& y) { return y * (g - sums_of_rows(g * y)); });
}

Variable log_softmax(const Variable& x, const SoftmaxOptions& options, Location at) {
  return along_axis(
      {"log_softmax", at}, x, options.axis, &RowKernels::log_softmax, &RowKernels::log_softmax_grad,
      [](const Variable& g, const Variable& y) { return g - exp(y) * sums_of_rows(g); });
}

Variable glu(const Variable& x, const GluOptions& options, Location at) {
  static const Elementwise gated{[](Term a, Term b) { return a * sigmoid(b); },
                                 [](Term g, Term, Term b, Term) { return g * sigmoid(b); },
                                 [](Term g, Term, Term b, Term y) { return g * y * sigmoid(-b); }};
  const Op op{"glu", at};
  const std::size_t size = x.shape()[checked_axis(op, options.axis, x.shape())];
  if (size % 2 != 0)
    throw ShapeError(op, text("the axis ", options.axis, " has the odd size ", size,
                              " in the shape ", x.shape()));
  const PooledVector<Variable> halves = split(x, {.axis = options.axis}, at);
  return gated(op, halves[0], halves[1]);
}

}  // namespace xtape::inline XTAPE_ABI
