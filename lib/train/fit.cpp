// SPDX-License-Identifier: MIT
#include <xtape/train/fit.hpp>

#include "text.hpp"
#include "train/progress.hpp"

#include <xtape/ops/softmax.hpp>

#include <algorithm>
#include <cmath>

namespace xtape::inline XTAPE_ABI {
namespace {

Loss or_cross_entropy(const Loss& loss, Location at) {
  if (loss) return loss;
  return [at](const Variable& logits, std::span<const std::int32_t> labels) {
    return softmax_cross_entropy(logits, labels, {}, at);
  };
}

// Sums over batches.
struct Totals {
  double loss = 0;
  std::size_t correct = 0, samples = 0;

  void add(const Variable& batch_loss, const Variable& logits, std::span<const std::int32_t> labels,
           Location at) {
    loss += static_cast<double>(batch_loss.item(at)) * static_cast<double>(labels.size());
    correct += count_correct(logits.value(), labels, at);
    samples += labels.size();
  }
  Metrics metrics() const {
    const auto n = static_cast<double>(samples);
    return {loss / n, static_cast<double>(correct) / n, samples};
  }
};

void check(const Op& op, const char* name, const data::Dataset& dataset, std::size_t batch_size) {
  if (batch_size == 0) throw ValueError(op, "expected a batch size of at least 1, got 0");
  if (dataset.size() == 0) throw ValueError(op, text("the ", name, " set is empty"));
}

// A parameter that is trained but not listed would be missing in every file of weights.
void check_listed(const Op& op, std::span<Parameter* const> used,
                  std::span<Parameter* const> listed) {
  for (const Parameter* parameter : used)
    if (std::find(listed.begin(), listed.end(), parameter) == listed.end())
      throw ValueError(op,
                       text("the model uses a parameter of shape ", parameter->shape(),
                            " that it does not list"),
                       "does each of its layers have a public parameters(ParameterList&)?");
}

Metrics train_epoch(int epoch, const Forward& model, std::span<Parameter* const> listed,
                    const data::Dataset& train, const FitOptions& options, const Loss& loss,
                    Rng& rng, std::initializer_list<Visitor*> visitors, Progress& progress) {
  const Stopwatch watch;
  Totals totals;
  std::size_t step = 0;
  for (const auto& [images, labels] : data::batches(train, options.batch_size, rng)) {
    Tape tape{Mode::train, rng};
    const Variable logits = model(tape.input(images), options.at);
    const Variable error = loss(logits, labels);
    const Op op{"fit", options.at};
    if (++step == 1) check_listed(op, tape.parameters(), listed);
    if (error.size() != 1)
      throw ShapeError(op, text("the loss function returned ", error.shape(), ", not a scalar"),
                       "take its mean()?");
    totals.add(error, logits, labels, options.at);
    if (!std::isfinite(error.item()))
      throw ValueError(op, text("the loss is ", error.item(), " in epoch ", epoch, ", step ", step),
                       "try a lower learning rate or ClipNorm");
    tape.backward({error, options.at});
    for (Visitor* visitor : visitors) walk(tape.parameters(), *visitor);
    progress.step(epoch, totals.metrics(), watch.seconds());
  }
  return totals.metrics();
}

}  // namespace

std::size_t count_correct(const Array& logits, std::span<const std::int32_t> labels, Location at) {
  if (logits.dimension() != 2 || logits.shape()[0] != labels.size())
    throw ShapeError({"count_correct", at},
                     text("expected logits (", labels.size(), ", classes), got ", logits.shape()));
  const std::size_t classes = logits.shape()[1];
  std::size_t correct = 0;
  for (std::size_t r = 0; r < labels.size(); ++r) {
    const Scalar* const row = logits.data() + r * classes;
    correct += std::max_element(row, row + classes) - row == labels[r];
  }
  return correct;
}

Metrics evaluate_model(const Forward& model, const data::Dataset& dataset,
                       const EvaluateOptions& options) {
  check({"evaluate", options.at}, "data", dataset, options.batch_size);
  const Loss loss = or_cross_entropy(options.loss, options.at);
  Totals totals;
  for (const auto& [images, labels] : data::batches(dataset, options.batch_size)) {
    Tape tape{Mode::eval};
    const Variable logits = model(tape.input(images), options.at);
    totals.add(loss(logits, labels), logits, labels, options.at);
  }
  return totals.metrics();
}

History fit_model(const Forward& model, std::span<Parameter* const> listed,
                  const data::Dataset& train, const data::Dataset& test, const FitOptions& options,
                  Rng& rng, std::initializer_list<Visitor*> visitors) {
  const Op op{"fit", options.at};
  if (options.epochs < 1)
    throw ValueError(op, text("expected at least 1 epoch, got ", options.epochs));
  check(op, "training", train, options.batch_size);
  check(op, "test", test, options.test_batch_size);

  const Loss loss = or_cross_entropy(options.loss, options.at);
  Progress progress{options.log, options.epochs, train.size()};
  History history;
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    EpochReport report{.epoch = epoch};
    const Stopwatch train_watch;
    report.train = train_epoch(epoch, model, listed, train, options, loss, rng, visitors, progress);
    report.train_seconds = train_watch.seconds();
    const Stopwatch test_watch;
    report.test = evaluate_model(
        model, test, {.batch_size = options.test_batch_size, .loss = loss, .at = options.at});
    report.test_seconds = test_watch.seconds();
    report.images_per_second = static_cast<double>(train.size()) / report.train_seconds;

    history.train_seconds += report.train_seconds;
    history.test_seconds += report.test_seconds;
    history.epochs.push_back(report);
    progress.epoch(report);
    if (options.on_epoch && !options.on_epoch(report)) break;
  }
  history.images_per_second = static_cast<double>(train.size()) *
                              static_cast<double>(history.epochs.size()) / history.train_seconds;
  return history;
}

}  // namespace xtape::inline XTAPE_ABI
