// SPDX-License-Identifier: MIT
#include "kernels/dispatch.hpp"
#include "kernels/rows.hpp"
#include "ops/weights.hpp"

#include <xtape/formula.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/loss.hpp>
#include <xtape/ops/softmax.hpp>
#include <xtape/record.hpp>

#include <cmath>
#include <numeric>
#include <type_traits>

namespace xtape::inline XTAPE_ABI {
namespace {

using kernels::Matrix;

Matrix checked_logits(const Op& op, const Variable& logits, double smoothing) {
  if (logits.rank() < 2 || logits.size() == 0)
    throw ShapeError(op,
                     text("expected logits (..., classes) with at least one row and class, got ",
                          logits.shape()));
  check_share(op, "label_smoothing", smoothing);
  const std::size_t classes = logits.shape().back();
  return {logits.size() / classes, classes};
}

void check_labels(const Op& op, Matrix m, const Variable& logits,
                  std::span<const std::int32_t> labels, std::optional<std::int32_t> ignore) {
  if (labels.size() != m.rows)
    throw ShapeError(op, text("expected a label for each of the ", m.rows, " rows of ",
                              logits.shape(), ", got ", labels.size()));
  for (std::size_t r = 0; r < m.rows; ++r)
    if (labels[r] != ignore && (labels[r] < 0 || static_cast<std::size_t>(labels[r]) >= m.columns))
      throw ValueError(op, text("label ", r, " is ", labels[r], ", expected 0 to ", m.columns - 1));
}

// The weights of rows; none where all count alike.
using RowWeights = PooledVector<Scalar>;

RowWeights weights_of_samples(const Op& op, Matrix m, const Shape& logits,
                              std::span<const Scalar> weights) {
  RowWeights all;
  if (weights.empty()) return all;
  check_sample_weights(op, weights, logits);
  for (std::size_t r = 0; r < m.rows; ++r) all.push_back(weights[r / (m.rows / logits[0])]);
  return all;
}

void weigh_labels(const Op& op, Matrix m, std::span<const std::int32_t> labels,
                  const CrossEntropyOptions& options, RowWeights& weights) {
  if (options.class_weights.empty() && !options.ignore) return;
  if (!options.class_weights.empty() && options.class_weights.size() != m.columns)
    throw ValueError(op, text("expected ", m.columns, " weights of classes, got ",
                              options.class_weights.size()));
  check_weights(op, "a class's weight", options.class_weights);
  weights.resize(m.rows, 1);
  for (std::size_t r = 0; r < m.rows; ++r)
    if (labels[r] == options.ignore)
      weights[r] = 0;
    else if (!options.class_weights.empty())
      weights[r] *= options.class_weights[static_cast<std::size_t>(labels[r])];
}

// The gradient by the logits, which is slope * softmax(x) less the targets, with a slope for each row.
struct Pull {
  Array operator()(const Array& g) {
    static const Formula product{[](Term a, Term b) { return a * b; }};
    if (*g.data() != 1) product.into(gradient, gradient, g);
    return std::move(gradient);  // it is called once
  }
  Variable again(const Variable& g, const Kept& of) const {
    Tape& tape = g.tape();
    const Variable p = softmax(of.inputs[0]);
    return g * (tape.input(gradient) + tape.input(slopes) * (p - p.detach()));
  }
  Array gradient, slopes;  // for a loss whose gradient is 1
};

// Of each row, in a shape that broadcasts to the logits: the sum of its targets, weighed as the row is.
template <class Targets>
Array slopes_of(Shape logits, Matrix m, const Targets* targets, const kernels::RowSum& add) {
  logits.back() = 1;
  Array slopes = uninitialized(logits);
  for (std::size_t r = 0; r < m.rows; ++r) {
    double sum = 1;  // of a label
    if constexpr (std::is_same_v<Targets, Scalar>)
      sum = std::accumulate(targets + r * m.columns, targets + (r + 1) * m.columns, 0.0);
    const auto smoothing = static_cast<double>(add.smoothing);
    sum = (1 - smoothing) * sum + smoothing;
    const double weight = add.weights == nullptr ? 1 : static_cast<double>(add.weights[r]);
    slopes.data()[r] = static_cast<Scalar>(weight * sum / add.divisor);
  }
  return slopes;
}

// The loss of one of the two kernels, which computes the gradient along with it.
template <class Targets>
Variable cross_entropy(const Op& op, const Variable& logits, Matrix m, const Targets* targets,
                       const RowWeights& weights, const CrossEntropyOptions& options,
                       Scalar (*kernel)(Matrix, const Scalar*, const Targets*, kernels::RowSum,
                                        Scalar*)) {
  double divisor = options.reduction == Reduction::sum ? 1
                   : weights.empty()                   ? static_cast<double>(m.rows)
                                     : std::accumulate(weights.begin(), weights.end(), 0.0);
  if (divisor == 0) divisor = 1;  // of nothing but 0
  const kernels::RowSum add{static_cast<Scalar>(options.label_smoothing),
                            weights.empty() ? nullptr : weights.data(), divisor};
  const bool needed = logits.needs_grad();
  Array gradient = uninitialized(needed ? logits.shape() : Shape{0});
  const Scalar loss =
      kernel(m, logits.value().data(), targets, add, needed ? gradient.data() : nullptr);
  Array slopes = logits.tape(op).derives() ? slopes_of(logits.shape(), m, targets, add) : Array{};
  return record(op, full({}, loss), given(options),
                wrt(logits, Pull{std::move(gradient), std::move(slopes)}));
}

}  // namespace

Variable softmax_cross_entropy(const Variable& logits, std::span<const std::int32_t> labels,
                               const CrossEntropyOptions& options, Location at) {
  const Op op{"softmax_cross_entropy", at};
  const Matrix m = checked_logits(op, logits, options.label_smoothing);
  check_labels(op, m, logits, labels, options.ignore);
  RowWeights weights = weights_of_samples(op, m, logits.shape(), options.weights);
  weigh_labels(op, m, labels, options, weights);
  return cross_entropy(op, logits, m, labels.data(), weights, options,
                       kernels::best<kernels::RowKernels>().cross_entropy);
}

Variable softmax_cross_entropy(const Variable& logits, const Array& probabilities,
                               const CrossEntropyOptions& options, Location at) {
  const Op op{"softmax_cross_entropy", at};
  const Matrix m = checked_logits(op, logits, options.label_smoothing);
  if (probabilities.shape() != logits.shape())
    throw ShapeError(op, text("expected probabilities of shape ", logits.shape(), ", got ",
                              probabilities.shape()));
  if (!options.class_weights.empty() || options.ignore)
    throw ValueError(op,
                     "weights of classes and what is to be ignored are for labels, the targets "
                     "are probabilities");
  const Scalar* const t = probabilities.data();
  for (std::size_t i = 0; i < probabilities.size(); ++i)
    if (!(t[i] >= 0) || !std::isfinite(t[i]))
      throw ValueError(op, text("probability ", i % m.columns, " of row ", i / m.columns, " is ",
                                t[i], ", expected a number of at least 0"));
  const RowWeights weights = weights_of_samples(op, m, logits.shape(), options.weights);
  return cross_entropy(op, logits, m, t, weights, options,
                       kernels::best<kernels::RowKernels>().cross_entropy_soft);
}

}  // namespace xtape::inline XTAPE_ABI
