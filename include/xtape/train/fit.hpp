// SPDX-License-Identifier: MIT
/// \file
/// The training loop.
#pragma once

#include <xtape/data/batches.hpp>
#include <xtape/layers/layer.hpp>

#include <cstdio>
#include <functional>
#include <initializer_list>
#include <span>
#include <vector>

namespace xtape::inline XTAPE_ABI {

/// A loss: a scalar from logits (N, classes) and labels (N,).
using Loss = std::function<Variable(const Variable&, std::span<const std::int32_t>)>;

/// What was measured over some samples.
struct Metrics {
  double loss = 0;          ///< the mean, per sample
  double accuracy = 0;      ///< the share of samples whose largest logit is that of their label
  std::size_t samples = 0;  ///< number of samples
};

/// What was measured in one epoch.
struct EpochReport {
  int epoch = 0;                 ///< from 1
  Metrics train = {};            ///< while training: dropout is on, and the model changes
  Metrics test = {};             ///< after the epoch, in evaluation mode
  double train_seconds = 0;      ///< for the training alone
  double test_seconds = 0;       ///< for the evaluation
  double images_per_second = 0;  ///< of the training alone
};

/// Options of fit.
struct FitOptions {
  int epochs = 10;                    ///< passes over the training set, at least 1
  std::size_t batch_size = 64;        ///< samples per step, at least 1
  std::size_t test_batch_size = 250;  ///< samples at a time in the evaluation, at least 1
  Loss loss = {};                     ///< softmax_cross_entropy if empty
  /// Called after each epoch; training ends where it returns false.
  std::function<bool(const EpochReport&)> on_epoch = {};
  /// Gets a progress bar if it is a terminal, else a line per epoch; null for silence.
  std::FILE* log = stdout;
  Location at = Location::current();  ///< where fit was called, for its errors and the model's
};

/// What fit returns.
struct History {
  std::vector<EpochReport> epochs = {};                       ///< those that were completed
  double train_seconds = 0;                                   ///< for the training alone
  double test_seconds = 0;                                    ///< for the evaluations
  double images_per_second = 0;                               ///< of the training alone
  const Metrics& test() const { return epochs.back().test; }  ///< after the last epoch
};

/// Options of evaluate.
struct EvaluateOptions {
  std::size_t batch_size = 250;       ///< samples at a time, at least 1
  Loss loss = {};                     ///< softmax_cross_entropy if empty
  Location at = Location::current();  ///< where evaluate was called, for its errors and the model's
};

/// How many rows of logits (N, classes) are largest at their label; of equal ones the first counts.
/// Throws ShapeError unless there is one label per row.
std::size_t count_correct(const Array& logits, std::span<const std::int32_t> labels,
                          Location at = Location::current());

/// A model as the training loop sees it: logits (N, classes) from images (N, ...).
using Forward = std::function<Variable(const Variable& x, const Location& at)>;

/// See `fit` for a model, which calls this with the parameters that the model lists.
History fit_model(const Forward& model, std::span<Parameter* const> listed,
                  const data::Dataset& train, const data::Dataset& test, const FitOptions& options,
                  Rng& rng, std::initializer_list<Visitor*> visitors);
/// See `evaluate` for a model, which calls this.
Metrics evaluate_model(const Forward& model, const data::Dataset& dataset,
                       const EvaluateOptions& options);

/// Trains a model: in each epoch a pass over the shuffled training set, a step per batch, and then an
/// evaluation. After each backward pass the visitors go over the parameters, in order:
/// `fit(net, train, test, {.epochs = 10}, rng, ClipNorm{1}, adam)`.
/// Shuffling and dropout draw from `rng`. It is for classification: other tasks have a loop of their own,
/// of a few lines. Throws ValueError for a number of epochs or a batch size below 1, for an empty dataset,
/// for a model that uses a parameter without listing it, and where the loss is no longer finite; the model
/// is then as the step left it.
template <class Model, class... Visitors>
requires(std::derived_from<std::remove_reference_t<Visitors>, Visitor>&&...) History
    fit(Model& model, const data::Dataset& train, const data::Dataset& test,
        const FitOptions& options, Rng& rng, Visitors&&... visitors) {
  static_assert(sizeof...(Visitors) > 0,
                "fit needs an optimizer: fit(net, train, test, {}, rng, adam)");
  const auto forward = [&model](const Variable& x, const Location& at) {
    return apply(model, x, at);
  };
  std::vector<Parameter*> listed;
  if constexpr (requires(ParameterList & list) { model.parameters(list); })
    listed = unique_parameters(model);
  return fit_model(forward, listed, train, test, options, rng,
                   {static_cast<Visitor*>(&visitors)...});
}

/// The loss and accuracy of a model on a dataset, in evaluation mode. Throws ValueError for a batch size
/// of 0 and an empty dataset.
template <class Model>
Metrics evaluate(Model& model, const data::Dataset& dataset, const EvaluateOptions& options = {}) {
  const auto forward = [&model](const Variable& x, const Location& at) {
    return apply(model, x, at);
  };
  return evaluate_model(forward, dataset, options);
}

}  // namespace xtape::inline XTAPE_ABI
