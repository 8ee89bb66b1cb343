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

// Brings what a report shows up to date.
class Recorder {
 public:
  Recorder(const Settings& settings, const Plan& plan, const data::ImageDataset& test,
           const data::Dataset& prepared, Sequential& net)
      : plan_{plan}, epochs_{settings.epochs}, test_{test}, prepared_{prepared}, net_{net} {
    run_ = {.optimizer = settings.optimizer, .seed = settings.seed};
    run_.learning_rate = plan.schedule(1);
  }

  const report::Run& record(const History& history, const UpdateStatistics& updates) {
    run_.epochs.clear();
    for (const EpochReport& e : history.epochs)
      run_.epochs.push_back(
          to_report(e, plan_.schedule(static_cast<std::uint64_t>(e.epoch) * plan_.steps)));
    run_.complete = history.stopped || history.epochs.size() >= static_cast<std::size_t>(epochs_);
    run_.parameters.clear();
    for (const auto& [name, parameter] : parameters(net_)) run_.parameters.push_back(name);
    run_.updates.clear();
    for (const UpdateStatistics::Sample& sample : updates.samples())
      run_.updates.push_back({sample.step, sample.gradient_norms, sample.update_ratios});
    add_predictions(run_, net_, prepared_, test_);
    add_filters(run_, net_);
    return run_;
  }

 private:
  const Plan& plan_;
  int epochs_;
  const data::ImageDataset& test_;
  const data::Dataset& prepared_;  // the same, as the model gets it
  Sequential& net_;
  report::Run run_;
};

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
  Recorder recorder{s, plan, data.test, test, outcome.net};
  const Lesson lesson{.task = task,
                      .parameters = parameters(outcome.net),
                      .train = training,
                      .test = test,
                      .model = s.model,
                      .data = data.train.name(),
                      .source = data.train.source()};
  const auto record = [&](const History& history, const UpdateStatistics& updates) {
    watch(recorder.record(history, updates));
  };
  outcome.history =
      fit(s, plan, lesson, rng, log, watch ? EpochWatcher{record} : EpochWatcher{}, on_step);
  return outcome;
}

}  // namespace experiment
