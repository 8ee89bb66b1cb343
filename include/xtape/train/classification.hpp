// SPDX-License-Identifier: MIT
/// \file
/// Samples of classes: the task, its loss and its metrics.
#pragma once

#include <xtape/ops/loss.hpp>
#include <xtape/train/task.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// How often the largest logit is that of the class, from 0 to 1; of equal ones the first counts. The logits are
/// (..., classes), the targets ids (...), or probabilities, of which the largest is the class.
Metric accuracy(const MetricOptions& options = {});
/// How often the logit of the class is among the `k` largest, called `top_5_accuracy` for 5. Throws ValueError for
/// a `k` of 0.
Metric top_k(std::size_t k, const MetricOptions& options = {}, Location at = Location::current());

/// e to the power of the loss, as language models are compared: among how many classes, each as likely as the others,
/// a guess would be as hard.
Metric perplexity();

/// How many rows of logits (..., classes) are largest at their label; of equal ones the first counts.
/// Throws ShapeError unless there is one label per row.
std::size_t count_correct(const Array& logits, std::span<const std::int32_t> labels,
                          Location at = Location::current());

namespace detail {
Variable cross_entropy_of_column(const Variable& logits, const data::Column& targets,
                                 const CrossEntropyOptions& options, Location at);
}  // namespace detail

/// The cross-entropy for the targets of a batch, whichever they are: ids (...) or probabilities (..., classes), for
/// logits (..., classes). Throws ShapeError if the shapes do not fit, and what the functions for labels and for
/// probabilities throw.
template <std::same_as<data::Column> Targets>  // and not what can become one
Variable softmax_cross_entropy(const Variable& logits, const Targets& targets,
                               const CrossEntropyOptions& options = {},
                               Location at = Location::current()) {
  return detail::cross_entropy_of_column(logits, targets, options, at);
}

/// Options of classification.
struct ClassificationOptions {
  double label_smoothing = 0;  ///< as that of softmax_cross_entropy
  /// How much a sample of each class counts in the loss, to make up for classes that are rare; empty: all alike.
  std::vector<Scalar> class_weights = {};
  std::vector<Metric> metrics = {accuracy()};  ///< what is measured beside the loss
};

/// See `classification` for a model, which calls this.
Task classification_task(detail::Forward model, std::vector<NamedArray> arrays,
                         ClassificationOptions options, Location at);

/// Trains a model to tell classes: its output is logits (N, classes), the target ids (N,), or probabilities of the
/// output's shape. The model is a function of a Variable, or, as one of text, of a tape and ids:
/// `Variable operator()(Tape& tape, const Ids& ids)`. For sequences the output is (N, T, classes), the target (N, T),
/// and each place is a term of the mean. The loss is softmax_cross_entropy. With weights of samples or classes it is
/// ```
/// sum_i(w_i c(y_i) l_i) / n
/// ```
/// for the losses l_i of the n terms, as in Keras: weights of the mean 1 leave the size of the gradient as it is. It is
/// the same in an evaluation; Keras leaves the weights of classes out there. Metrics do not see the weights.
///
/// The step throws ShapeError unless output and target fit, and ValueError where there is not one weight, finite and
/// at least 0, for each class, or for targets that are probabilities with weights of classes.
template <class Model>
Task classification(Model& model, ClassificationOptions options = {},
                    Location at = Location::current()) {
  return classification_task(detail::forward_of(model), detail::arrays_of(model),
                             std::move(options), at);
}

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
