// SPDX-License-Identifier: MIT
/// \file
/// What a model is trained for: the loss of a batch, and what is measured.
#pragma once

#include <xtape/data/batch.hpp>
#include <xtape/layers/layer.hpp>

#include <concepts>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// What a step has computed from a batch.
struct StepResult {
  Variable loss;                        ///< a scalar, the mean over the terms
  PooledVector<Variable> outputs = {};  ///< of the model, for the metrics and `predict`
  /// How many terms the loss is the mean of, such as the tokens of all sequences; the samples of the batch unless told.
  /// A batch whose terms are all left out has 0 of them and counts nothing: its loss is any finite number that is made of
  /// the same parameters.
  std::optional<std::size_t> terms = {};
};

/// A number that is measured beside the loss: the mean of something over all terms. It is taken from sums, and so
/// exact for batches of any sizes. Ready ones are `accuracy`, `top_k`, `perplexity`, `mean_absolute_error` and
/// `root_mean_squared_error`.
struct Metric {
  std::string name;  ///< in logs, tables and checkpoints: letters, digits, `_` and `-`
  /// The sum over the terms of a batch.
  std::function<double(const StepResult& step, const data::Batch& batch)> sum;
  bool higher_is_better = false;                            ///< as an accuracy, not an error
  double least = -std::numeric_limits<double>::infinity();  ///< what a term is at least
  double most = std::numeric_limits<double>::infinity();    ///< what a term is at most
  double (*finish)(double mean) = nullptr;  ///< from the mean to the number, if it is not that
};

/// Which output of a step a metric is of, with which target, and how it is called.
struct MetricOptions {
  std::size_t output = 0;  ///< the place in `StepResult::outputs`
  std::size_t target = 0;  ///< the place in `data::Batch::targets`
  std::string name = {};   ///< its usual name if empty
};

/// A model together with what it is for: all that `fit` and `evaluate` need to know. Ready ones are
/// `classification`, `regression`, `autoencoder` and `supervised`; others are written in place:
/// ```
/// const Task task{.arrays = named_arrays(net), .step = [&](Tape& tape, const data::Batch& batch) -> StepResult {
///   const auto [price, kind] = net(tape.input(batch.inputs[0]), tape.input(batch.inputs[1]));
///   return {mse(price, batch.targets[0]) + softmax_cross_entropy(kind, batch.targets[1]), {price, kind}};
/// }, .metrics = {accuracy({.output = 1, .target = 1})}};
/// fit(task, train, test, {.epochs = 10}, rng, adam);
/// ```
/// What the step refers to, as the model, must outlive the task.
///
/// Visitors go over the parameters that the step's tape has. Where several models learn in turns, the step freezes
/// those whose turn it is not, by the number of the batch, and `only(model, adam)` counts the steps of its model alone.
/// A step that counted its own calls would lose count when a training is resumed.
/// ```
/// const bool criticise = tape.mode() == Mode::train && batch.number % 6 < 5;  // five times, then the generator once
/// const Frozen still{unique_parameters(criticise ? generator : critic)};
/// ```
struct Task {
  /// What one model or several learn and keep: checked and kept in checkpoints under these names.
  std::vector<NamedArray> arrays;
  /// Computes the loss of a batch on a tape, in training and in evaluation.
  std::function<StepResult(Tape& tape, const data::Batch& batch)> step;
  std::vector<Metric> metrics = {};  ///< what is measured beside the loss
  /// The number that epochs are compared by, on the test set if there is one, else in the training.
  std::string monitor = "loss";
  /// Of the tapes of training: Mode::derive for a loss that has gradients in it, see `Tape::gradient`.
  Mode mode = Mode::train;
};

namespace detail {
// What is not a Task is a model.
template <class Model>
concept IsModel = !std::same_as<std::remove_cvref_t<Model>, Task>;

// A model of one input and one output as the training loop sees it.
using Forward = std::function<Variable(Tape& tape, const data::Column& x, const Location& at)>;

// The model, which must outlive it, as a Forward: of a Variable, or of ids.
template <class Model>
Forward forward_of(Model& model) {
  if constexpr (ReadsIds<Model>) {
    return [&model](Tape& tape, const data::Column& x, const Location& at) {
      return apply(model, tape, x, at);
    };
  } else {
    static_assert(std::is_invocable_r_v<Variable, Model&, const Variable&> ||
                      std::is_invocable_r_v<Variable, Model&, const Variable&, Location>,
                  "expected a model that maps a Variable, or a Tape and Ids, to a Variable; for "
                  "others make a Task");
    return [&model](Tape& tape, const data::Column& x, const Location& at) {
      return apply(model, tape.input(x), at);
    };
  }
}
}  // namespace detail

/// The loss of what a model says of a batch: a scalar, its mean.
using OutputLoss = std::function<Variable(const Variable& output, const data::Batch& batch)>;

/// See `supervised` for a model, which calls this.
Task supervised_task(detail::Forward model, std::vector<NamedArray> arrays, OutputLoss loss,
                     std::vector<Metric> metrics, Location at);

/// A model of one input, of numbers or of ids, with a loss of your own:
/// ```
/// const auto robust = [](const Variable& y, const data::Batch& batch) {
///   return mean(abs(y - y.tape().input(batch.target())));
/// };
/// fit(supervised(net, robust), train, test, {}, rng, adam);
/// ```
/// The output of the model is that of the step. Where samples have weights, the loss must see to them.
template <class Model>
Task supervised(Model& model, OutputLoss loss, std::vector<Metric> metrics = {},
                Location at = Location::current()) {
  return supervised_task(detail::forward_of(model), detail::arrays_of(model), std::move(loss),
                         std::move(metrics), at);
}

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
