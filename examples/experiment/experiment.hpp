// SPDX-License-Identifier: MIT
// One training as programs do it: a model of models/ on a dataset, watched for a report.
#pragma once

#include "../report/results.hpp"
#include "catalogue.hpp"

#include <xtape/xtape.hpp>

#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace experiment {

/// What a training is made of.
struct Settings {
  const Catalogue* catalogue = &digits();
  std::string model = "cnn";                 ///< of the catalogue
  std::string optimizer = "adam";            ///< of optimizers()
  std::string preset = "keras";              ///< of presets
  std::optional<double> learning_rate = {};  ///< the preset's if empty
  std::optional<double> weight_decay = {};   ///< the preset's if empty
  std::string schedule = "constant";         ///< of schedule_names
  double warmup_epochs = 0;                  ///< for the schedules that warm up
  int epochs = 10;
  std::size_t batch_size = 64;
  std::string precision = "float";        ///< of products: or bf16
  std::uint64_t seed = 1;                 ///< of weights, order, dropout and augmentation
  std::vector<std::string> augment = {};  ///< of augmentations, in their order
  bool normalize = false;                 ///< images by the mean and deviation of each channel
  std::size_t prefetch = 1;               ///< batches gathered ahead
  std::string checkpoint = {};            ///< a file; none if empty
  std::size_t checkpoint_every = 0;       ///< steps; 0: after each epoch only
  bool resume = false;                    ///< goes on from the checkpoint, if there is one
  std::string events = {};                ///< a directory for TensorBoard; none if empty
  bool check_numerics = false;            ///< finds the op that makes a NaN or an infinity
  bool distributed = false;               ///< asked for
  xtape::distributed::World* world =
      nullptr;                           ///< the ranks that train together; null: this process
  std::size_t shards = 0;                ///< of a batch; 0: as many as ranks
  std::string batch_norm = "per-shard";  ///< of what its statistics are: or synchronised

  /// Whether this process is the one that tells and writes.
  bool is_first() const { return world == nullptr || world->first(); }
};

/// The presets by their names.
const std::map<std::string, xtape::Preset>& presets();
/// What can change images while they are gathered, by its names.
const std::map<std::string, xtape::data::Augmentation>& augmentations();

/// The optimizer that was chosen, new.
std::unique_ptr<xtape::Optimizer> make_optimizer(const Settings& settings);

/// The names of the schedules, and the one that was chosen.
std::vector<std::string> schedule_names();
xtape::Schedule make_schedule(const Settings& settings, double learning_rate,
                              std::size_t steps_per_epoch);

/// How the parameters of a training will move.
struct Plan {
  /// For so many samples.
  Plan(const Settings& settings, std::size_t samples);

  std::size_t steps;  ///< of an epoch
  std::unique_ptr<xtape::Optimizer> optimizer;
  xtape::Schedule schedule;  ///< of the optimizer
};

/// What is to be learnt.
struct Lesson {
  const xtape::Task& task;
  std::vector<xtape::NamedParameter> parameters;  ///< of its model
  const xtape::data::Dataset& train;
  const xtape::data::Dataset& test;
  std::string model;   ///< as people call it
  std::string data;    ///< what it is, such as MNIST
  std::string source;  ///< where that came from
};

/// Called after each epoch.
using EpochWatcher =
    std::function<void(const xtape::History& history, const xtape::UpdateStatistics& updates)>;

/// Trains any model. It ends early where `interrupted()`; a checkpoint, if there is to be one, is then up to date.
/// `rng` has drawn the initial weights. `log` is that of xtape::fit; `on_step` sees each step. `watch` is called for
/// a training that was done already, too.
xtape::History fit(const Settings& settings, const Plan& plan, const Lesson& lesson,
                   xtape::Rng& rng, std::FILE* log, const EpochWatcher& watch = {},
                   const xtape::StepCallback& on_step = {});

/// Called after each epoch with what a report shows of the training so far.
using Watcher = std::function<void(const report::Run& run)>;

/// What a training has come to.
struct Outcome {
  xtape::Sequential net;
  xtape::History history = {};
};

/// Trains a model of the catalogue to tell classes apart.
Outcome train(const Settings& settings, const xtape::data::Split& data, std::FILE* log,
              const Watcher& watch = {}, const xtape::StepCallback& on_step = {});

}  // namespace experiment
