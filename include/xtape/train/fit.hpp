// SPDX-License-Identifier: MIT
/// \file
/// The training loop.
#pragma once

#include <xtape/data/batches.hpp>
#include <xtape/train/classification.hpp>
#include <xtape/train/history.hpp>
#include <xtape/train/task.hpp>

#include <concepts>
#include <cstdio>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

namespace distributed {
class World;
}

/// What was measured in one step.
struct StepReport {
  int epoch = 0;          ///< from 1
  std::size_t step = 0;   ///< in the epoch, from 1
  std::size_t steps = 0;  ///< of an epoch
  double loss = 0;        ///< of the batch, of all ranks; 0 if it has no terms
};

/// Called after each epoch with all that was measured so far; training ends where it returns false. Any such function
/// becomes one. See callbacks.hpp for ready ones.
class EpochCallback {
 public:
  /// Calls a function. With the name of the number by which it compares epochs, if it does, `fit` finds out before it
  /// begins whether that will be measured.
  template <class F>
  requires(!std::same_as<F, EpochCallback> && std::is_invocable_r_v<bool, F&, const History&>)
      EpochCallback(F function, std::string monitor = {})
      : function_{std::move(function)}, monitor_{std::move(monitor)} {}

  /// Whether the training is to go on.
  bool operator()(const History& history) const { return function_(history); }
  /// The name of what it compares epochs by; empty for the task's and for none.
  const std::string& monitor() const noexcept { return monitor_; }

 private:
  std::function<bool(const History&)> function_;
  std::string monitor_;
};
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

/// Of what a BatchNorm takes mean and variance where a batch is cut into shards.
enum class BatchNormStatistics {
  per_shard,  ///< each shard by itself; the bits depend on the number of shards, not on that of ranks
  synchronised,  ///< of the whole batch, which must be cut into one shard per rank
};

/// Options of fit.
struct FitOptions {
  int epochs = 10;              ///< passes over the training set, at least 1
  std::size_t batch_size = 64;  ///< samples per step, at least 1
  /// Leaves out the samples at the end of each epoch that do not fill a batch, other ones each time.
  bool drop_last = false;
  std::size_t test_batch_size = 250;  ///< samples at a time in an evaluation, at least 1
  std::size_t prefetch = 1;  ///< batches gathered ahead of the step, see data::Batches::prefetch
  std::vector<EpochCallback> on_epoch = {};  ///< called in order, all of them, after each epoch
  StepCallback on_step = {};                 ///< called after each step
  /// Ends with the weights of the best epoch by the number that the task monitors, not with those of the last. They
  /// are kept in memory, and in the checkpoint. Without a test set the number is that of the training, which was
  /// measured while the epoch still changed the weights.
  bool restore_best = false;
  CheckpointOptions checkpoint = {};  ///< where to keep the state of the training
  /// The ranks that train together, each with its part of each batch; null: this process alone. All call `fit` with the
  /// same options, data, model and visitors, which is checked. What the first has, weights and state, is that of all from
  /// the beginning on; it alone logs, and reads and writes the checkpoint. Callbacks are called on all ranks, which all
  /// stop if one says so: those that write files are for the first.
  distributed::World* world = nullptr;
  /// Into how many shards each batch is cut, a power of two. Each makes a pass of its own, and their gradients are added:
  /// a process alone makes the steps of a batch in the memory of a shard, and the bits are the same for any number of
  /// ranks that is a power of two and not above it. 0: as many as there are ranks. See distributed::AllReduce.
  std::size_t shards = 0;
  BatchNormStatistics batch_norm =
      BatchNormStatistics::per_shard;  ///< of what, for layers BatchNorm
  /// Gets a progress bar if it is a terminal, cut to its width, else, or where TERM is `dumb` or not set, a line
  /// per epoch; null for silence. Where it cannot be written the training goes on without it; where it is a pipe
  /// that was closed, only in a program that ignores SIGPIPE.
  std::FILE* log = stdout;
  Location at = Location::current();  ///< where fit was called, for its errors and the model's
};

/// Options of evaluate.
struct EvaluateOptions {
  std::size_t batch_size = 250;  ///< samples at a time, at least 1
  /// The ranks that share the batches, all of which get the result; null: this process alone.
  distributed::World* world = nullptr;
  Location at = Location::current();  ///< where evaluate was called, for its errors and the model's
};

/// See `fit` for a task, which calls this; without a test set `test` is null.
History fit_task(const Task& task, const data::Dataset& train, const data::Dataset* test,
                 const FitOptions& options, Rng& rng, std::initializer_list<Visitor*> visitors);

namespace detail {
template <class V>
concept IsVisitor = std::derived_from<std::remove_reference_t<V>, Visitor>;
}  // namespace detail

/// Trains what a task says: in each epoch a pass over the shuffled training set, a step per batch, and then an
/// evaluation on the test set. After each backward pass the visitors go over the parameters, in order:
/// `fit(regression(net), train, test, {.epochs = 10}, rng, ClipNorm{1}, adam)`.
/// Shuffling, dropout and whatever a dataset draws depend on `rng`. With
/// `.checkpoint = {.path = "run.safetensors", .resume = true}` a killed training goes on where it was, if the model,
/// the data and the visitors are made as before.
///
/// Throws ValueError for a number of epochs or a batch size below 1, for a dataset that is empty or, with `drop_last`,
/// has no whole batch, for synchronised statistics of several shards per rank, for a task that uses a
/// parameter without listing it, metrics without names of their own, a number to compare epochs by that is not
/// measured, and options of a checkpoint that do not fit together; DataError where the checkpoint cannot be read, is
/// another training's, or cannot be written before this one begins; ShapeError unless the loss of a step is a scalar;
/// NumericsError where the loss of a step, or, after an epoch, that on the test set or a trainable parameter is no
/// longer finite: the model is then as the last step left it, and no callback is asked about that epoch. What a
/// callback throws comes through, once the others were called and the checkpoint was written; resuming calls them
/// again. So does what the step throws.
template <detail::IsVisitor... Visitors>
History fit(const Task& task, const data::Dataset& train, const data::Dataset& test,
            const FitOptions& options, Rng& rng, Visitors&&... visitors) {
  static_assert(sizeof...(Visitors) > 0,
                "fit needs an optimizer: fit(net, train, test, {}, rng, adam)");
  return fit_task(task, train, &test, options, rng, {static_cast<Visitor*>(&visitors)...});
}

/// Trains a model for `classification`: `fit(net, train, test, {.epochs = 10}, rng, adam)`.
template <detail::IsModel Model, detail::IsVisitor... Visitors>
History fit(Model& model, const data::Dataset& train, const data::Dataset& test,
            const FitOptions& options, Rng& rng, Visitors&&... visitors) {
  return fit(classification(model, {}, options.at), train, test, options, rng,
             std::forward<Visitors>(visitors)...);
}

/// Trains without a test set, as a GAN, or a model that is to learn from all data there is:
/// `fit(net, all, {.epochs = 10}, rng, adam)`. There is no evaluation. `EpochReport::test` is empty, and what is
/// compared, shown and logged is what the training has measured: `loss` stands for `train.loss`, and whoever monitors
/// `test.loss` gets a ValueError before the first step. After an epoch the loss of its last batch, in evaluation mode,
/// must be finite, in the place of that on the test set. A checkpoint is of a training with a test set or of one
/// without.
template <detail::IsVisitor... Visitors>
History fit(const Task& task, const data::Dataset& train, const FitOptions& options, Rng& rng,
            Visitors&&... visitors) {
  static_assert(sizeof...(Visitors) > 0, "fit needs an optimizer: fit(net, train, {}, rng, adam)");
  return fit_task(task, train, nullptr, options, rng, {static_cast<Visitor*>(&visitors)...});
}

/// Trains a model for `classification` without a test set: `fit(net, train, {.epochs = 10}, rng, adam)`.
template <detail::IsModel Model, detail::IsVisitor... Visitors>
History fit(Model& model, const data::Dataset& train, const FitOptions& options, Rng& rng,
            Visitors&&... visitors) {
  return fit(classification(model, {}, options.at), train, options, rng,
             std::forward<Visitors>(visitors)...);
}

/// The loss and the metrics of a task on a dataset, in evaluation mode. Throws ValueError for a batch size of 0 and an
/// empty dataset, ShapeError unless the loss of a step is a scalar, and what the step throws.
Metrics evaluate(const Task& task, const data::Dataset& dataset,
                 const EvaluateOptions& options = {});
/// The same of a model for `classification`: its loss and its `accuracy`.
template <detail::IsModel Model>
Metrics evaluate(Model& model, const data::Dataset& dataset, const EvaluateOptions& options = {}) {
  return evaluate(classification(model, {}, options.at), dataset, options);
}

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
