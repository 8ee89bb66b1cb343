// SPDX-License-Identifier: MIT
#include <xtape/train/classification.hpp>

#include "ranges.hpp"
#include "train/labels.hpp"
#include "train/outputs.hpp"

#include <xtape/ops/arithmetic.hpp>

#include <algorithm>
#include <cmath>

namespace xtape::inline XTAPE_ABI {
namespace {

// What the shape of a target must be for logits, of which it has the axes but the last, if it has ids.
void check_fit(const Op& op, const Variable& logits, const data::Column& target) {
  Shape expected = target.shape();
  if (!target.has_ids()) {
    if (logits.shape() == expected && logits.rank() >= 2 && expected.back() > 0) return;
  } else if (logits.rank() == expected.size() + 1 && logits.shape().back() > 0 &&
             std::equal(expected.begin(), expected.end(), logits.shape().begin())) {
    return;
  }
  std::string axes;
  if (!target.has_ids() && !expected.empty()) expected.pop_back();
  for (const std::size_t size : expected) axes += text(size, ", ");
  throw ShapeError(
      op, text("the model's output is ", logits.shape(), ", expected logits (", axes, "classes)"),
      "flatten missing? What has no classes is another task, such as regression");
}

void check_options(const Op& op, const ClassificationOptions& options) {
  check_share(op, "label_smoothing", options.label_smoothing);
  for (const Scalar weight : options.class_weights)
    check_not_negative(op, "a class's weight", weight);
}

Variable loss_of(const Op& op, const Variable& logits, const data::Batch& batch,
                 const ClassificationOptions& options) {
  CrossEntropyOptions how{.label_smoothing = options.label_smoothing,
                          .class_weights = options.class_weights,
                          .weights = batch.weights};
  const data::Column& target = batch.target(op.at);
  check_fit(op, logits, target);
  if (how.class_weights.empty() && how.weights.empty())
    return softmax_cross_entropy(logits, target, how, op.at);
  how.reduction = Reduction::sum;
  const Variable sum = softmax_cross_entropy(logits, target, how, op.at);
  return div({sum, op.at}, {logits.size() / logits.shape().back(), op.at});
}

// The number of rows in which the logit of the label is one of the k largest; of equal ones the first are.
std::size_t count_top(std::size_t k, const Array& logits, std::span<const std::int32_t> labels) {
  const std::size_t classes = logits.shape().back();
  std::size_t count = 0;
  for (std::size_t r = 0; r < labels.size(); ++r) {
    const Scalar* const row = logits.data() + r * classes;
    const auto label = static_cast<std::size_t>(labels[r]);
    if (label >= classes || std::isnan(row[label])) continue;  // a negative one, too
    std::size_t before = 0;
    for (std::size_t c = 0; c < classes; ++c)
      before += row[c] > row[label] || (c < label && row[c] == row[label]);
    count += before < k;
  }
  return count;
}

Metric share_of_top(std::size_t k, const std::string& name, const MetricOptions& options) {
  const auto sum = [k, options](const StepResult& step, const data::Batch& batch) {
    const Array& logits = output_of(step, options);
    const Labels labels{target_of(batch, options)};
    const std::span<const std::int32_t> ids = labels;
    check_rows(Op::nowhere("metric"), logits, ids.size());
    return static_cast<double>(count_top(k, logits, ids));
  };
  return {.name = options.name.empty() ? name : options.name,
          .sum = sum,
          .higher_is_better = true,
          .least = 0,
          .most = 1};
}

}  // namespace

Metric accuracy(const MetricOptions& options) { return share_of_top(1, "accuracy", options); }

Metric top_k(std::size_t k, const MetricOptions& options, Location at) {
  check_count({"top_k", at}, "k", k);
  return share_of_top(k, text("top_", k, "_accuracy"), options);
}

Metric perplexity() {
  const auto sum = [](const StepResult& step, const data::Batch& batch) {
    return static_cast<double>(step.loss.item()) *
           static_cast<double>(step.terms.value_or(batch.size()));
  };
  return {.name = "perplexity", .sum = sum, .finish = [](double mean) { return std::exp(mean); }};
}

std::size_t count_correct(const Array& logits, std::span<const std::int32_t> labels, Location at) {
  check_rows({"count_correct", at}, logits, labels.size());
  return count_top(1, logits, labels);
}

Variable detail::cross_entropy_of_column(const Variable& logits, const data::Column& targets,
                                         const CrossEntropyOptions& options, Location at) {
  check_fit({"softmax_cross_entropy", at}, logits, targets);
  return targets.has_ids() ? softmax_cross_entropy(logits, targets.ids(), options, at)
                           : softmax_cross_entropy(logits, targets.array(), options, at);
}

Task classification_task(detail::Forward model, std::vector<NamedArray> arrays,
                         ClassificationOptions options, Location at) {
  const Op op{"classification", at};
  check_options(op, options);
  Task task{.arrays = std::move(arrays), .step = {}, .metrics = options.metrics};
  task.step = [model = std::move(model), options = std::move(options), op](
                  Tape& tape, const data::Batch& batch) -> StepResult {
    const Variable logits = model(tape, batch.input(op.at), op.at);
    const Variable loss = loss_of(op, logits, batch, options);
    return {loss, {logits}, logits.size() / logits.shape().back()};
  };
  return task;
}

}  // namespace xtape::inline XTAPE_ABI
