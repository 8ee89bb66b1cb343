// SPDX-License-Identifier: MIT
// A training on a text, as nanoGPT does it: windows from anywhere in its first nine tenths, tested on the last.
#pragma once

#include "../experiment/experiment.hpp"

#include <models/text.hpp>
#include <xtape/xtape.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

namespace text {

/// What a training is made of, beside what all have.
struct Settings {
  std::string model = "lstm";                    ///< of models::text_models
  std::size_t context = 64;                      ///< characters in a window
  std::size_t steps = 2000;                      ///< of all epochs
  std::optional<double> final_rate = {};         ///< a tenth of the learning rate if empty
  std::optional<std::size_t> warmup_steps = {};  ///< a twentieth of the steps if empty
  double clip_norm = 1;                          ///< of all gradients
  /// Epochs are parts of the steps, after each of which it is evaluated; the seed is of weights and windows. The
  /// learning rate is that after the warm-up, and the weight decay that of matrices; vectors have none.
  experiment::Settings common = {.optimizer = "adamw",
                                 .preset = "torch",
                                 .learning_rate = 1e-3,
                                 .weight_decay = 0.1,
                                 .epochs = 4,
                                 .batch_size = 12};

  std::size_t steps_of_epoch() const { return steps / static_cast<std::size_t>(common.epochs); }
  double learning_rate() const { return experiment::make_optimizer(common)->learning_rate(); }
  double last_rate() const { return final_rate.value_or(learning_rate() / 10); }
  std::size_t rising_steps() const { return warmup_steps.value_or(steps / 20); }
};

/// A text in two parts.
struct Corpus {
  /// Throws ValueError for a text one of whose parts is no longer than the context, and for steps that are no whole
  /// number for each epoch.
  Corpus(const std::string& text, const Settings& settings);

  xtape::data::Vocabulary vocabulary;
  xtape::data::TextDataset train, test;
};

/// A model and what its ids stand for.
struct Writer {
  std::unique_ptr<xtape::models::TextModel> model;
  xtape::data::Vocabulary vocabulary;
  std::string name;     ///< of models::text_models
  std::size_t context;  ///< how much of a text it looks back on

  void parameters(xtape::ParameterList& list) const { model->parameters(list); }
};
/// One with initial weights.
Writer make_writer(const std::string& name, const xtape::data::Vocabulary& vocabulary,
                   std::size_t context, xtape::Rng& rng);
/// What a file of weights or a checkpoint has beside them, by which `load_writer` makes the same.
std::map<std::string, std::string> settings_of(const Writer& writer);
/// Throws DataError for a file that is none of a writer.
Writer load_writer(const std::string& path);

/// What a report has of a training that has begun.
report::Run begun(const Settings& settings);
/// Trains. It ends early where interrupted; a checkpoint, if there is to be one, is then up to date. `watch` is called
/// after each epoch. `log` is that of xtape::fit.
xtape::History train(const Settings& settings, const Corpus& corpus, Writer& writer,
                     xtape::Rng& rng, std::FILE* log, const experiment::Watcher& watch);

}  // namespace text
