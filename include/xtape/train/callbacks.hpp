// SPDX-License-Identifier: MIT
/// \file
/// Ready callbacks for `fit`. Each computes what it does from the whole history, so that a training that is
/// resumed with its history does the same as one that was never stopped.
/// ```
/// FitOptions options{.epochs = 100};
/// options.on_epoch = {csv_log("log.csv"), save_best("best.safetensors", net),
///                     reduce_on_plateau(adam, {.patience = 5}), early_stopping({.patience = 12})};
/// fit(net, train, test, options, rng, adam);
/// ```
/// What a callback compares epochs by has the name of a metric: `accuracy` is that on the test set, `train.accuracy`
/// the other; without a name it is what the task monitors, its loss. Where there is no test set `accuracy`, too, is
/// that of the training. `fit` throws ValueError for a name that nothing measured has, before the first step.
/// Callbacks are called in order, and all of them also in the epoch in which one ends the training.
///
/// Those that write a file try at once whether they can, so that a wrong path is found before the training,
/// not after its first epoch. Where they fail later, as on a full disk, `fit` throws their DataError after
/// an epoch that is complete: the model is in the caller's hands, and a checkpoint can go on.
#pragma once

#include <xtape/optim/optimizer.hpp>
#include <xtape/train/fit.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Options of early_stopping.
struct EarlyStoppingOptions {
  std::string monitor = {};  ///< what has to become better, such as `accuracy`; empty: the task's
  int patience = 3;      ///< epochs in a row without that, after which training ends; at least 1
  double min_delta = 0;  ///< an epoch is better by more than this than the best before; at least 0
};

/// Ends the training when it no longer becomes better, as Keras' EarlyStopping: after `patience` epochs
/// in a row of which none was better than the best before it. The model is then as the last epoch left it, unless
/// `FitOptions::restore_best` is set. Throws ValueError for an option out of its range.
EpochCallback early_stopping(const EarlyStoppingOptions& options = {},
                             Location at = Location::current());

/// Options of reduce_on_plateau.
struct ReduceOnPlateauOptions {
  std::string monitor = {};  ///< what has to become better, such as `accuracy`; empty: the task's
  double factor = 0.1;       ///< what the learning rate is multiplied by, in (0, 1)
  int patience = 10;         ///< epochs in a row without that; at least 1
  double min_delta =
      1e-4;             ///< an epoch is better by more than this than the best before; at least 0
  double min_rate = 0;  ///< the learning rate does not fall below it; at least 0
};

/// Lowers the learning rate when the training no longer becomes better, as Keras' ReduceLROnPlateau: after
/// each `patience` epochs in a row of which none was better than the best before,
/// ```
/// rate = max(factor * rate, min_rate)
/// ```
/// The first rate is the one that the optimizer has when this is called, which must be before a checkpoint is
/// loaded into it; make another for another training. It never raises the rate. The optimizer must outlive
/// the training and have no schedule. Throws ValueError if it has one, and for an option out of its range.
EpochCallback reduce_on_plateau(Optimizer& optimizer, const ReduceOnPlateauOptions& options = {},
                                Location at = Location::current());

/// Options of save_best.
struct SaveBestOptions {
  std::string monitor =
      {};  ///< by which epochs are compared, such as `accuracy`; empty: the task's
};

/// See `save_best` for a model, which calls this with what it lists.
EpochCallback save_best_weights(const std::string& path, std::vector<NamedArray> arrays,
                                const SaveBestOptions& options);

/// Saves the weights after each epoch that is the best so far, as `save` does; `load` reads them. The model
/// must outlive the training and stay where it is. Throws DataError, here and in the training, if the file
/// cannot be written.
template <class Model>
EpochCallback save_best(const std::string& path, Model& net, const SaveBestOptions& options = {}) {
  return save_best_weights(path, named_arrays(net), options);
}

/// Keeps a table of the history in a file of comma-separated values, a line per epoch under this one:
/// ```
/// epoch,train_loss,train_accuracy,test_loss,test_accuracy,data_seconds,forward_seconds,
///     backward_seconds,update_seconds,test_seconds,samples_per_second
/// ```
/// (without the break, with the metrics of the task where the accuracy is, and without the columns of a test set
/// where there is none). Numbers have as many digits as it takes to read the same double back. The first epoch
/// of a process replaces the file in one step by a whole new one, so that a training that is resumed leaves
/// neither gaps nor double lines. Each further one adds its line at the end, all of it or, on a full disk, nothing;
/// if the file is no longer as it was left, it is replaced again. Throws DataError, here and in the training,
/// if it cannot be written.
EpochCallback csv_log(const std::string& path);

/// Writes what each epoch has measured to an EventFile in this directory, for TensorBoard: curves over the epochs that
/// are called `train/loss`, `test/loss`, and so on for the metrics of the task, and `samples_per_second`. A training
/// that is resumed goes on in a second file, which TensorBoard joins to the first. Throws DataError, here and in the
/// training, if it cannot be written.
EpochCallback event_log(const std::string& directory);

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
