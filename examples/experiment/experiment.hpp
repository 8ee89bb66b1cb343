// SPDX-License-Identifier: MIT
// One training as both programs do it: a model of models/ on a dataset, watched for a report.
#pragma once

#include "../report/results.hpp"

#include <models/models.hpp>
#include <xtape/xtape.hpp>

#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace experiment {

/// What a training is made of.
struct Settings {
  std::string model = "cnn";                 ///< of models::by_name
  std::string optimizer = "adam";            ///< of optimizers()
  std::string preset = "keras";              ///< of presets
  std::optional<double> learning_rate = {};  ///< the preset's if empty
  std::string schedule = "constant";         ///< of schedule_names
  double warmup_epochs = 0;                  ///< for the schedules that warm up
  int epochs = 10;
  std::size_t batch_size = 64;
  std::uint64_t seed = 1;            ///< of weights, order and dropout
  std::string checkpoint = {};       ///< a file; none if empty
  std::size_t checkpoint_every = 0;  ///< steps; 0: after each epoch only
  bool resume = false;               ///< goes on from the checkpoint, if there is one
  std::string events = {};           ///< a directory for TensorBoard; none if empty
  bool check_numerics = false;       ///< finds the op that makes a NaN or an infinity
};

/// The presets by their names.
const std::map<std::string, xtape::Preset>& presets();

/// The optimizer that was chosen, new.
std::unique_ptr<xtape::Optimizer> make_optimizer(const Settings& settings);

/// The names of the schedules, and the one that was chosen.
std::vector<std::string> schedule_names();
xtape::Schedule make_schedule(const Settings& settings, double learning_rate,
                              std::size_t steps_per_epoch);

/// Called after each epoch with what a report shows of the training so far.
using Watcher = std::function<void(const report::Run& run)>;

/// What a training has come to.
struct Outcome {
  xtape::Sequential net;
  xtape::History history = {};
};

/// Trains. It ends early where `interrupted()`; a checkpoint, if there is to be one, is then up to date.
/// `log` is that of fit; `on_step` sees each step.
Outcome train(const Settings& settings, const xtape::data::Split& data, std::FILE* log,
              const Watcher& watch = {}, const xtape::StepCallback& on_step = {});

}  // namespace experiment
