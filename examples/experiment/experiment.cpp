// SPDX-License-Identifier: MIT
#include "experiment.hpp"

#include "predictions.hpp"
#include "reports.hpp"

using namespace xtape;

namespace experiment {
namespace {

// What is done to all images, by those to train with.
std::vector<data::Augmentation> normalisation(const Settings& s, const data::Dataset& train) {
  if (!s.normalize) return {};
  return {data::normalize(data::channel_statistics(train))};
}

// And what is done to those before, while training.
std::vector<data::Augmentation> changes(const Settings& s, std::vector<data::Augmentation> all) {
  for (std::size_t i = 0; i < s.augment.size(); ++i)
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(i), augmentations().at(s.augment[i]));
  return all;
}

}  // namespace

const std::map<std::string, data::Augmentation>& augmentations() {
  static const std::map<std::string, data::Augmentation> all = {{"crop", data::crop()},
                                                                {"cutout", data::cutout()},
                                                                {"flip", data::flip()},
                                                                {"rotate", data::rotate()}};
  return all;
}

Outcome train(const Settings& s, const data::Split& data, std::FILE* log, const Watcher& watch,
              const StepCallback& on_step) {
  Rng rng{s.seed};
  Outcome outcome{.net = s.catalogue->models.at(s.model).make(rng)};
  const Task task = classification(outcome.net);
  const Plan plan{s, data.train.size()};
  const auto normal = normalisation(s, data.train);
  const data::Mapped training = data::augment(data.train, changes(s, normal)),
                     test = data::augment(data.test, normal);
  const Lesson lesson{.task = task,
                      .parameters = parameters(outcome.net),
                      .train = training,
                      .test = test,
                      .model = s.model,
                      .data = data.train.name(),
                      .source = data.train.source()};
  const auto record = [&](const History& history, const UpdateStatistics& updates) {
    report::Run run = to_report(s, plan, lesson.parameters, history, updates);
    add_predictions(run, outcome.net, test, data.test);
    add_filters(run, outcome.net);
    watch(run);
  };
  outcome.history =
      fit(s, plan, lesson, rng, log, watch ? EpochWatcher{record} : EpochWatcher{}, on_step);
  return outcome;
}

}  // namespace experiment
