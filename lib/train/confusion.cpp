// SPDX-License-Identifier: MIT
#include <xtape/train/confusion.hpp>

#include "ranges.hpp"
#include "train/checks.hpp"
#include "train/labels.hpp"
#include "train/outputs.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

namespace xtape::inline XTAPE_ABI {
namespace {

void check_class(const Op& op, std::size_t label, std::size_t classes) {
  if (label >= classes)
    throw ValueError(op, text("expected a class less than ", classes, ", got ", label));
}

double share(std::size_t part, std::size_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

// What ask(tape, batch, add) adds of each batch, logits and a target.
template <class Ask>
ConfusionMatrix confusion_of(const data::Dataset& dataset, const PredictOptions& options, Ask ask) {
  std::optional<ConfusionMatrix> confusion;
  const auto add = [&](const Array& logits, const data::Column& target) {
    const Labels labels{target};
    const std::size_t classes = logits.dimension() == 0 ? 1 : logits.shape().back();
    if (!confusion) confusion.emplace(classes, options.at);
    confusion->add(logits, labels, options.at);
  };
  const Op op{"confusion_matrix", options.at};
  check_data(op, "data", dataset, options.batch_size);
  distributed::World* const world = sharing(options.world, dataset.size(), options.batch_size);
  each_batch(op, dataset, options.batch_size, world,
             [&](Tape& tape, const data::Batch& batch) { ask(tape, batch, add); });
  if (world != nullptr) confusion->sum(*world);
  return *confusion;
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(std::size_t classes, Location at)
    : classes_{classes}, counts_(classes * classes) {
  check_count({"confusion_matrix", at}, "classes", classes);
}

void ConfusionMatrix::add(const Array& logits, std::span<const std::int32_t> labels, Location at) {
  const Op op{"confusion_matrix", at};
  check_rows(op, logits, labels.size());
  if (logits.shape().back() != classes_)
    throw ShapeError(op, text("expected logits of ", classes_, " classes, got ", logits.shape()));
  for (const std::int32_t label : labels)
    if (label < 0 || static_cast<std::size_t>(label) >= classes_)
      throw ValueError(op, text("expected labels in [0, ", classes_, "), got ", label));
  for (std::size_t r = 0; r < labels.size(); ++r) {
    const Scalar* const row = logits.data() + r * classes_;
    const auto predicted = static_cast<std::size_t>(std::max_element(row, row + classes_) - row);
    ++counts_[static_cast<std::size_t>(labels[r]) * classes_ + predicted];
  }
}

void ConfusionMatrix::sum(distributed::World& world) {
  std::vector<double> all(counts_.begin(), counts_.end());
  world.sum(std::span{all});
  std::ranges::transform(all, counts_.begin(),
                         [](double n) { return static_cast<std::size_t>(n); });
}

std::size_t ConfusionMatrix::count(std::size_t label, std::size_t predicted, Location at) const {
  for (const std::size_t each : {label, predicted}) check_class({"count", at}, each, classes_);
  return counts_[label * classes_ + predicted];
}

std::size_t ConfusionMatrix::total() const noexcept {
  return std::accumulate(counts_.begin(), counts_.end(), std::size_t{0});
}

std::size_t ConfusionMatrix::row_sum(std::size_t label) const {
  std::size_t sum = 0;
  for (std::size_t c = 0; c < classes_; ++c) sum += counts_[label * classes_ + c];
  return sum;
}

std::size_t ConfusionMatrix::column_sum(std::size_t predicted) const {
  std::size_t sum = 0;
  for (std::size_t c = 0; c < classes_; ++c) sum += counts_[c * classes_ + predicted];
  return sum;
}

double ConfusionMatrix::accuracy() const {
  std::size_t right = 0;
  for (std::size_t c = 0; c < classes_; ++c) right += counts_[c * classes_ + c];
  return share(right, total());
}

double ConfusionMatrix::precision(std::size_t label, Location at) const {
  check_class({"precision", at}, label, classes_);
  return share(counts_[label * classes_ + label], column_sum(label));
}

double ConfusionMatrix::recall(std::size_t label, Location at) const {
  check_class({"recall", at}, label, classes_);
  return share(counts_[label * classes_ + label], row_sum(label));
}

double ConfusionMatrix::f1(std::size_t label, Location at) const {
  check_class({"f1", at}, label, classes_);
  return share(2 * counts_[label * classes_ + label], row_sum(label) + column_sum(label));
}

double ConfusionMatrix::macro_f1() const {
  double sum = 0;
  for (std::size_t c = 0; c < classes_; ++c) sum += f1(c);
  return sum / static_cast<double>(classes_);
}

ConfusionMatrix confusion_of_model(const detail::Forward& model, const data::Dataset& dataset,
                                   const PredictOptions& options) {
  return confusion_of(dataset, options, [&](Tape& tape, const data::Batch& batch, auto add) {
    const Variable logits = model(tape, batch.input(options.at), options.at);
    add(logits.value(), batch.target(options.at));
  });
}

ConfusionMatrix confusion_matrix(const Task& task, const data::Dataset& dataset,
                                 const MetricOptions& of, const PredictOptions& options) {
  return confusion_of(dataset, options, [&](Tape& tape, const data::Batch& batch, auto add) {
    const StepResult result = task.step(tape, batch);
    add(output_of(result, of), target_of(batch, of));
  });
}

}  // namespace xtape::inline XTAPE_ABI
