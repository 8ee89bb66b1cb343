// SPDX-License-Identifier: MIT
#include "experiment.hpp"

#include "interrupt.hpp"
#include "predictions.hpp"
#include "print.hpp"

#include <fmt/format.h>

#include <memory>

using namespace xtape;

namespace experiment {
namespace {

constexpr std::uint64_t samples_per_epoch = 20;  // of the updates
constexpr std::size_t steps_per_event = 20;

std::size_t steps_of_epoch(const Settings& s, const data::Dataset& train) {
  return (train.size() + s.batch_size - 1) / s.batch_size;
}

report::Epoch to_report(const EpochReport& e, double learning_rate) {
  return {.train_loss = e.train.loss,
          .train_accuracy = e["train.accuracy"],
          .test_loss = e["test.loss"],
          .test_accuracy = e["test.accuracy"],
          .data_seconds = e.seconds.data,
          .forward_seconds = e.seconds.forward,
          .backward_seconds = e.seconds.backward,
          .update_seconds = e.seconds.update,
          .test_seconds = e.seconds.test,
          .learning_rate = learning_rate,
          .images_per_second = e.samples_per_second()};
}

// What must be the same when a training is resumed. The rate of a schedule depends on the number of epochs.
std::map<std::string, std::string> checkpoint_settings(const Settings& s, const data::Split& data,
                                                       double first_rate) {
  return {{"model", s.model},
          {"optimizer", s.optimizer},
          {"preset", s.preset},
          {"dataset", data.train.name()},
          {"seed", std::to_string(s.seed)},
          {"starting learning rate", fmt::format("{}", first_rate)},
          {"schedule", s.schedule == "constant"
                           ? s.schedule
                           : fmt::format("{} over {} epochs", s.schedule, s.epochs)}};
}

// Brings what a report shows up to date.
class Recorder {
 public:
  Recorder(const Settings& settings, const Schedule& schedule, std::size_t steps,
           const data::ImageDataset& test)
      : schedule_{schedule}, steps_{steps}, epochs_{settings.epochs}, test_{test} {
    run_ = {.optimizer = settings.optimizer, .seed = settings.seed};
    run_.learning_rate = schedule(1);
  }

  const report::Run& record(const History& history, Sequential& net,
                            const UpdateStatistics& updates) {
    run_.epochs.clear();
    for (const EpochReport& e : history.epochs)
      run_.epochs.push_back(to_report(e, schedule_(static_cast<std::uint64_t>(e.epoch) * steps_)));
    run_.complete = history.stopped || history.epochs.size() >= static_cast<std::size_t>(epochs_);
    run_.parameters.clear();
    for (const auto& [name, parameter] : parameters(net)) run_.parameters.push_back(name);
    run_.updates.clear();
    for (const UpdateStatistics::Sample& sample : updates.samples())
      run_.updates.push_back({sample.step, sample.gradient_norms, sample.update_ratios});
    add_predictions(run_, net, test_);
    add_filters(run_, net);
    return run_;
  }

 private:
  const Schedule& schedule_;
  std::size_t steps_;
  int epochs_;
  const data::ImageDataset& test_;
  report::Run run_;
};

// What TensorBoard shows. A disk that fills up ends this, not the training.
class Events {
 public:
  Events(const Settings& settings, const Optimizer& optimizer)
      : optimizer_{optimizer}, file_{settings.events} {}

  void step(const StepReport& report) {
    if (report.step % steps_per_event != 0) return;
    add("batch/loss", step_of(report.epoch, report.step, report.steps), report.loss);
  }
  void epoch(const EpochReport& report, std::size_t steps) {
    const std::uint64_t step = step_of(report.epoch, steps, steps);
    report.each_number([&](const char* part, std::string_view name, double number) {
      add(fmt::format("{}/{}", part, name), step, number);
    });
    add("learning_rate", step, optimizer_.learning_rate());
    add("images_per_second", step, report.samples_per_second());
  }

 private:
  static std::uint64_t step_of(int epoch, std::size_t step, std::size_t steps) {
    return static_cast<std::uint64_t>(epoch - 1) * steps + step;
  }
  void add(const std::string& tag, std::uint64_t step, double value) {
    if (!failed_) try {
        file_.scalar(tag, step, value);
      } catch (const DataError& error) {
        failed_ = true;
        print(stderr, "{}; no more events are written\n", error.what());
      }
  }
  const Optimizer& optimizer_;
  EventFile file_;
  bool failed_ = false;
};

}  // namespace

const std::map<std::string, Preset>& presets() {
  static const std::map<std::string, Preset> all = {
      {"keras", Preset::keras}, {"torch", Preset::torch}, {"paper", Preset::paper}};
  return all;
}

std::unique_ptr<Optimizer> make_optimizer(const Settings& s) {
  return xtape::make_optimizer(s.optimizer, presets().at(s.preset), s.learning_rate);
}

Outcome train(const Settings& s, const data::Split& data, std::FILE* log, const Watcher& watch,
              const StepCallback& on_step) {
  Rng rng{s.seed};
  Outcome outcome{.net = models::by_name().at(s.model).make(rng)};
  const auto optimizer = make_optimizer(s);
  const std::size_t steps = steps_of_epoch(s, data.train);
  const Schedule schedule = make_schedule(s, optimizer->learning_rate(), steps);
  optimizer->set_schedule(schedule);
  UpdateStatistics updates{*optimizer,
                           {.every = std::max<std::uint64_t>(1, steps / samples_per_epoch)}};
  if (log != nullptr) {
    print(log, "{}, {} parameters, {} with learning rate {}; {} from {}\n", s.model,
          parameter_count(outcome.net), s.optimizer, optimizer->learning_rate(), data.train.name(),
          data.train.source());
    std::fflush(log);
  }
  Recorder recorder{s, schedule, steps, data.test};
  std::optional<NumericsCheck> check;
  if (s.check_numerics) check.emplace(parameters(outcome.net));
  std::optional<Events> events;
  if (!s.events.empty()) events.emplace(s, *optimizer);

  bool watched = false;
  FitOptions options{.epochs = s.epochs, .batch_size = s.batch_size, .log = log};
  options.checkpoint = {.path = s.checkpoint,
                        .every_steps = s.checkpoint_every,
                        .resume = s.resume,
                        .settings = checkpoint_settings(s, data, schedule(1))};
  options.on_step = [&](const StepReport& report) {
    if (events) events->step(report);
    return (!on_step || on_step(report)) && !interrupted();
  };
  options.on_epoch = {[&](const History& history) {
    if (events) events->epoch(history.epochs.back(), steps);
    if (watch) watch(recorder.record(history, outcome.net, updates));
    watched = true;
    return true;
  }};
  // Measured even if nobody watches, so that a training can be resumed with and without a report.
  outcome.history = fit(outcome.net, data.train, data.test, options, rng, updates);
  // The checkpoint of a training that was done already has all that a report needs.
  if (watch && !watched && !outcome.history.interrupted)
    watch(recorder.record(outcome.history, outcome.net, updates));
  return outcome;
}

}  // namespace experiment
