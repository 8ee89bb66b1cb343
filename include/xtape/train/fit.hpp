// SPDX-License-Identifier: MIT
/// \file
/// The training loop.
#pragma once

#include <xtape/data/batches.hpp>
#include <xtape/layers/layer.hpp>

#include <cstdio>
#include <functional>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// A loss: a scalar from logits (N, classes) and labels (N,).
using Loss = std::function<Variable(const Variable&, std::span<const std::int32_t>)>;

/// What was measured over some samples.
struct Metrics {
  double loss = 0;          ///< the mean, per sample
  double accuracy = 0;      ///< the share of samples whose largest logit is that of their label
  std::size_t samples = 0;  ///< number of samples
};

/// Where the time of an epoch went, in seconds.
struct Seconds {
  double data = 0;      ///< waiting for batches
  double forward = 0;   ///< the model and the loss
  double backward = 0;  ///< gradients
  double update = 0;    ///< visitors, such as the optimizer
  double test = 0;      ///< the evaluation after the epoch
  double train() const { return data + forward + backward + update; }  ///< all but the evaluation
};

/// What was measured in one epoch.
struct EpochReport {
  int epoch = 0;         ///< from 1
  Metrics train = {};    ///< while training: dropout is on, and the model changes
  Metrics test = {};     ///< after the epoch, in evaluation mode
  Seconds seconds = {};  ///< where the time went
  /// Training samples per second of training, the evaluation left out.
  double images_per_second() const { return static_cast<double>(train.samples) / seconds.train(); }
};

/// By which number epochs are compared: a loss, of which the lowest is the best, or an accuracy, of which the
/// highest is.
enum class Monitor {
  test_loss,       ///< `test.loss`
  test_accuracy,   ///< `test.accuracy`
  train_loss,      ///< `train.loss`
  train_accuracy,  ///< `train.accuracy`
};

/// What fit has measured, and returns.
struct History {
  std::vector<EpochReport> epochs = {};  ///< those that were completed
  bool stopped = false;  ///< a callback after an epoch ended the training; resuming asks it again
  bool interrupted = false;  ///< a callback after a step did; a checkpoint can be gone on from
  std::string checkpoint_error = {};  ///< why the last checkpoint could not be written, if so
  /// After the last epoch. Throws ValueError if none was completed.
  const Metrics& test(Location at = Location::current()) const;
  double train_seconds() const;      ///< for the training alone
  double test_seconds() const;       ///< for the evaluations
  double images_per_second() const;  ///< of the training alone
  /// The best epoch, the first of equal ones; one whose number is infinite or NaN never is. Throws ValueError
  /// if there is none.
  const EpochReport& best(Monitor monitor, Location at = Location::current()) const;
};

/// What was measured in one step.
struct StepReport {
  int epoch = 0;          ///< from 1
  std::size_t step = 0;   ///< in the epoch, from 1
  std::size_t steps = 0;  ///< of an epoch
  double loss = 0;        ///< of the batch
};

/// Called after each epoch with all that was measured so far; training ends where it returns false.
/// See callbacks.hpp for ready ones.
using EpochCallback = std::function<bool(const History&)>;
/// Called after each step; training ends where it returns false, as after Ctrl-C (a flag that a signal's
/// handler has set), and the checkpoint is then up to date.
using StepCallback = std::function<bool(const StepReport&)>;

/// Where fit keeps what it needs to go on after the process was killed, bit for bit as if it had not been:
/// the model, the visitors' state, the random state, the place in the shuffled data and the history. Where
/// a file cannot be written, the one before it stays, the log says why, and training goes on. While it trains,
/// no other training can have the same file: beside it there is a `.NAME.lock`, which means nothing once the
/// process has ended. A checkpoint is written only if the trainable parameters, the arrays of the visitors
/// and the loss that comes next are finite: else the training has diverged, fit throws, and the file from before
/// it did so stays.
struct CheckpointOptions {
  std::string path = {};        ///< the file; none is kept if empty
  std::size_t every_steps = 0;  ///< besides after each epoch; 0: only there
  bool resume = false;          ///< goes on from the file, if it is there; else there must be none
  /// What must be the same to go on, kept in the file: the name of the model, rates of dropout, a schedule.
  std::map<std::string, std::string> settings = {};
};

/// Options of fit.
struct FitOptions {
  int epochs = 10;                           ///< passes over the training set, at least 1
  std::size_t batch_size = 64;               ///< samples per step, at least 1
  std::size_t test_batch_size = 250;         ///< samples at a time in the evaluation, at least 1
  Loss loss = {};                            ///< softmax_cross_entropy if empty
  std::vector<EpochCallback> on_epoch = {};  ///< called in order, all of them, after each epoch
  StepCallback on_step = {};                 ///< called after each step
  CheckpointOptions checkpoint = {};         ///< where to keep the state of the training
  /// Gets a progress bar if it is a terminal, cut to its width, else, or where TERM is `dumb` or not set, a line
  /// per epoch; null for silence. Where it cannot be written the training goes on without it; where it is a pipe
  /// that was closed, only in a program that ignores SIGPIPE.
  std::FILE* log = stdout;
  Location at = Location::current();  ///< where fit was called, for its errors and the model's
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

namespace detail {
// The model, which must outlive it, as a Forward.
template <class Model>
Forward forward_of(Model& model) {
  return [&model](const Variable& x, const Location& at) { return apply(model, x, at); };
}
}  // namespace detail

/// See `fit` for a model, which calls this with the parameters that the model lists.
History fit_model(const Forward& model, std::vector<NamedParameter> listed,
                  const data::Dataset& train, const data::Dataset& test, const FitOptions& options,
                  Rng& rng, std::initializer_list<Visitor*> visitors);
/// See `evaluate` for a model, which calls this.
Metrics evaluate_model(const Forward& model, const data::Dataset& dataset,
                       const EvaluateOptions& options);

/// Trains a model: in each epoch a pass over the shuffled training set, a step per batch, and then an
/// evaluation. After each backward pass the visitors go over the parameters, in order:
/// `fit(net, train, test, {.epochs = 10}, rng, ClipNorm{1}, adam)`.
/// Shuffling and dropout draw from `rng`. With `.checkpoint = {.path = "run.safetensors", .resume = true}` a
/// killed training goes on where it was, if the model, the data and the visitors are made as before. It is
/// for classification: other tasks have a loop of their own, of a few lines.
///
/// Throws ValueError for a number of epochs or a batch size below 1, for an empty dataset, for a model that
/// uses a parameter without listing it, and for options of a checkpoint that do not fit together; DataError
/// where the checkpoint cannot be read, is another training's, or cannot be written before this one begins;
/// ShapeError unless the model's output is (N, classes); NumericsError where the loss of a step, or, after an
/// epoch, that on the test set or a trainable parameter is no longer finite: the model is then as the last step
/// left it, and no callback is asked about that epoch. What a callback throws comes through, once the others
/// were called and the checkpoint was written; resuming calls them again.
template <class Model, class... Visitors>
requires(std::derived_from<std::remove_reference_t<Visitors>, Visitor>&&...) History
    fit(Model& model, const data::Dataset& train, const data::Dataset& test,
        const FitOptions& options, Rng& rng, Visitors&&... visitors) {
  static_assert(sizeof...(Visitors) > 0,
                "fit needs an optimizer: fit(net, train, test, {}, rng, adam)");
  std::vector<NamedParameter> listed;
  if constexpr (requires(ParameterList & list) { model.parameters(list); })
    listed = parameters(model);
  return fit_model(detail::forward_of(model), std::move(listed), train, test, options, rng,
                   {static_cast<Visitor*>(&visitors)...});
}

/// The loss and accuracy of a model on a dataset, in evaluation mode. Throws ValueError for a batch size
/// of 0 and an empty dataset, ShapeError unless the model's output is (N, classes).
template <class Model>
Metrics evaluate(Model& model, const data::Dataset& dataset, const EvaluateOptions& options = {}) {
  return evaluate_model(detail::forward_of(model), dataset, options);
}

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
