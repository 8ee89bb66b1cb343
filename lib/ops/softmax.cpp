// SPDX-License-Identifier: MIT
#include <xtape/ops/softmax.hpp>

#include "axis.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/rows.hpp"
#include "ranges.hpp"

#include <xtape/formula.hpp>
#include <xtape/ops/shape.hpp>
#include <xtape/record.hpp>

#include <cmath>
#include <numeric>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::best;
using kernels::Matrix;
using kernels::RowKernels;

// An op on the rows along the last axis, whose gradient is a function of its result.
Variable rowwise(const Op& op, const Variable& x,
                 void (*RowKernels::*forward)(Matrix, const Scalar*, Scalar*),
                 void (*RowKernels::*backward)(Matrix, const Scalar*, const Scalar*, Scalar*)) {
  const std::size_t columns = x.shape().back();
  const Matrix matrix{x.size() / columns, columns};
  Array result = uninitialized(x.shape());
  (best<RowKernels>().*forward)(matrix, x.value().data(), result.data());
  const Value y = std::move(result);
  return record(op, y, wrt(x, [y, matrix, backward](Array& g) {
                  (best<RowKernels>().*backward)(matrix, y->data(), g.data(), g.data());
                }));
}

// The same along any axis, which is moved to the end and back.
template <class Forward, class Backward>
Variable along_axis(const Op& op, const Variable& x, std::ptrdiff_t along, Forward forward,
                    Backward backward) {
  const std::size_t axis = checked_axis(op, along, x.shape());
  if (x.shape()[axis] == 0)
    throw ShapeError(op, text("the axis ", along, " has size 0 in the shape ", x.shape()));
  if (axis + 1 == x.rank()) return rowwise(op, x, forward, backward);
  Axes order(x.rank());
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[axis], order[x.rank() - 1]);
  const Variable last = transpose(x, {.axes = order}, op.at);
  return transpose(rowwise(op, last, forward, backward), {.axes = order}, op.at);
}

Matrix checked_logits(const Op& op, const Variable& logits, double smoothing) {
  if (logits.rank() != 2 || logits.size() == 0)
    throw ShapeError(op, text("expected logits (N, classes) with at least one row and class, got ",
                              logits.shape()));
  check_share(op, "label_smoothing", smoothing);
  return {logits.shape()[0], logits.shape()[1]};
}

// The loss of one of the two kernels, which computes the gradient along with it.
template <class Kernel>
Variable cross_entropy(const Op& op, const Variable& logits, Kernel kernel) {
  if (!logits.needs_grad())
    return record(op, full({}, kernel(nullptr)), wrt(logits, [](const Array& g) { return g; }));
  Array gradient = uninitialized(logits.shape());
  const Scalar loss = kernel(gradient.data());
  return record(op, full({}, loss),
                wrt(logits, [gradient = std::move(gradient)](const Array& g) mutable {
                  static const Formula product{[](Term a, Term b) { return a * b; }};
                  if (*g.data() != 1) product.into(gradient, gradient, g);
                  return std::move(gradient);  // it is called once
                }));
}

}  // namespace

Variable softmax(const Variable& x, const SoftmaxOptions& options, Location at) {
  return along_axis({"softmax", at}, x, options.axis, &RowKernels::softmax,
                    &RowKernels::softmax_grad);
}

Variable log_softmax(const Variable& x, const SoftmaxOptions& options, Location at) {
  return along_axis({"log_softmax", at}, x, options.axis, &RowKernels::log_softmax,
                    &RowKernels::log_softmax_grad);
}

Variable softmax_cross_entropy(const Variable& logits, std::span<const std::int32_t> labels,
                               const CrossEntropyOptions& options, Location at) {
  const Op op{"softmax_cross_entropy", at};
  const Matrix m = checked_logits(op, logits, options.label_smoothing);
  if (labels.size() != m.rows)
    throw ShapeError(op, text("expected a label for each of the ", m.rows, " rows of ",
                              logits.shape(), ", got ", labels.size()));
  for (std::size_t r = 0; r < m.rows; ++r)
    if (labels[r] < 0 || static_cast<std::size_t>(labels[r]) >= m.columns)
      throw ValueError(op, text("label ", r, " is ", labels[r], ", expected 0 to ", m.columns - 1));
  return cross_entropy(op, logits, [&](Scalar* dx) {
    return best<RowKernels>().cross_entropy(m, logits.value().data(), labels.data(),
                                            static_cast<Scalar>(options.label_smoothing), dx);
  });
}

Variable softmax_cross_entropy(const Variable& logits, const Array& probabilities,
                               const CrossEntropyOptions& options, Location at) {
  const Op op{"softmax_cross_entropy", at};
  const Matrix m = checked_logits(op, logits, options.label_smoothing);
  if (probabilities.shape() != logits.shape())
    throw ShapeError(op, text("expected probabilities of shape ", logits.shape(), ", got ",
                              probabilities.shape()));
  for (std::size_t i = 0; i < probabilities.size(); ++i)
    if (!(probabilities.data()[i] >= 0) || !std::isfinite(probabilities.data()[i]))
      throw ValueError(op, text("probability ", i % m.columns, " of row ", i / m.columns, " is ",
                                probabilities.data()[i], ", expected a number of at least 0"));
  return cross_entropy(op, logits, [&](Scalar* dx) {
    return best<RowKernels>().cross_entropy_soft(m, logits.value().data(), probabilities.data(),
                                                 static_cast<Scalar>(options.label_smoothing), dx);
  });
}

}  // namespace xtape::inline XTAPE_ABI
