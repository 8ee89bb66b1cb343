// SPDX-License-Identifier: MIT
// A training by the settings of a program, whatever is learnt.
#include "experiment.hpp"
#include "interrupt.hpp"
#include "options.hpp"
#include "print.hpp"

#include <fmt/format.h>

using namespace xtape;

namespace experiment {
namespace {

constexpr std::uint64_t samples_per_epoch = 20;  // of the updates
constexpr std::size_t steps_per_event = 20;

// What must be the same when a training is resumed. The rate of a schedule depends on the number of epochs.
std::map<std::string, std::string> checkpoint_settings(const Settings& s, const Lesson& lesson,
                                                       double first_rate) {
  std::map<std::string, std::string> all = {
      {"model", lesson.model},
      {"optimizer", s.optimizer},
      {"preset", s.preset},
      {"dataset", lesson.data},
      {"seed", std::to_string(s.seed)},
      {"starting learning rate", fmt::format("{}", first_rate)},
      {"schedule", s.schedule == "constant"
                       ? s.schedule
                       : fmt::format("{} over {} epochs", s.schedule, s.epochs)}};
  if (s.weight_decay) all["weight decay"] = fmt::format("{}", *s.weight_decay);
  if (!s.augment.empty()) all["augmentation"] = fmt::format("{}", fmt::join(s.augment, ","));
  if (s.normalize) all["normalisation"] = "by channel";
  if (s.precision != "float") all["precision"] = s.precision;
  return all;
}

// What TensorBoard shows. A disk that fills up ends this, not the training.
class Events {
 public:
  Events(const std::string& directory, const Optimizer& optimizer)
      : optimizer_{optimizer}, file_{directory} {}

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

void print_beginning(std::FILE* log, const Settings& s, const Plan& plan, const Lesson& lesson) {
  std::size_t count = 0;
  for (const auto& [name, parameter] : lesson.parameters) count += parameter->value().size();
  print(log, "{}, {} parameters, {} with learning rate {}; {} from {}\n", lesson.model, count,
        s.optimizer, plan.optimizer->learning_rate(), lesson.data, lesson.source);
  std::fflush(log);
}

}  // namespace

const std::map<std::string, Preset>& presets() {
  static const std::map<std::string, Preset> all = {
      {"keras", Preset::keras}, {"torch", Preset::torch}, {"paper", Preset::paper}};
  return all;
}

std::unique_ptr<Optimizer> make_optimizer(const Settings& s) {
  return xtape::make_optimizer(
      s.optimizer, presets().at(s.preset),
      OptimizerChanges{.learning_rate = s.learning_rate, .weight_decay = s.weight_decay});
}

Plan::Plan(const Settings& s, std::size_t samples)
    : steps{(samples + s.batch_size - 1) / s.batch_size},
      optimizer{make_optimizer(s)},
      schedule{make_schedule(s, optimizer->learning_rate(), steps)} {
  optimizer->set_schedule(schedule);
}

History fit(const Settings& s, const Plan& plan, const Lesson& lesson, Rng& rng, std::FILE* log,
            const EpochWatcher& watch, const StepCallback& on_step) {
  UpdateStatistics updates{*plan.optimizer,
                           {.every = std::max<std::uint64_t>(1, plan.steps / samples_per_epoch)}};
  if (log != nullptr) print_beginning(log, s, plan, lesson);
  std::optional<NumericsCheck> check;
  if (s.check_numerics) check.emplace(lesson.parameters);
  std::optional<Events> events;
  if (!s.events.empty()) events.emplace(s.events, *plan.optimizer);

  bool watched = false;
  FitOptions options{
      .epochs = s.epochs, .batch_size = s.batch_size, .prefetch = s.prefetch, .log = log};
  options.checkpoint = {.path = s.checkpoint,
                        .every_steps = s.checkpoint_every,
                        .resume = s.resume,
                        .settings = checkpoint_settings(s, lesson, plan.schedule(1))};
  options.world = s.world;
  options.shards = s.shards;
  if (s.batch_norm == "synchronised") options.batch_norm = BatchNormStatistics::synchronised;
  options.on_step = [&](const StepReport& report) {
    if (events) events->step(report);
    return (!on_step || on_step(report)) && !interrupted();
  };
  options.on_epoch = {[&](const History& history) {
    if (events) events->epoch(history.epochs.back(), plan.steps);
    if (watch) watch(history, updates);
    watched = true;
    return true;
  }};
  const Precision precision{precision_of(s.precision)};
  // Measured even if nobody watches, so that a training can be resumed with and without a report.
  History history = xtape::fit(lesson.task, lesson.train, lesson.test, options, rng, updates);
  // The checkpoint of a training that was done already has all that a watcher needs.
  if (watch && !watched && !history.interrupted) watch(history, updates);
  return history;
}

}  // namespace experiment
