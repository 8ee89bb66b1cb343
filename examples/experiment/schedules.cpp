// SPDX-License-Identifier: MIT
// The schedules that the programs offer, for a training of so many epochs.
#include "experiment.hpp"

#include <cmath>

using namespace xtape;

namespace experiment {
namespace {

struct Training {
  double learning_rate;
  std::uint64_t steps_per_epoch, steps, warmup_steps;
};

const std::map<std::string, Schedule (*)(const Training&)> schedules = {
    {"constant", [](const Training& t) { return constant_rate(t.learning_rate); }},
    {"step",  // a tenth of the rate after each third of the training
     [](const Training& t) {
       return step_decay({.learning_rate = t.learning_rate,
                          .every = std::max<std::uint64_t>(1, (t.steps + 2) / 3)});
     }},
    {"multi-step",  // a tenth of the rate after half of the training, and after three quarters
     [](const Training& t) -> Schedule {
       return [=](std::uint64_t step) {
         const std::uint64_t quarters = 4 * (step - 1) / t.steps;
         return t.learning_rate * (quarters < 2 ? 1 : quarters < 3 ? 0.1 : 0.01);
       };
     }},
    {"exponential",  // half of the rate after each epoch
     [](const Training& t) {
       return exponential_decay(
           {.learning_rate = t.learning_rate, .factor = 0.5, .every = t.steps_per_epoch});
     }},
    {"cosine",
     [](const Training& t) {
       return cosine_decay(
           {.learning_rate = t.learning_rate, .steps = t.steps, .warmup_steps = t.warmup_steps});
     }},
    {"one-cycle", [](const Training& t) {
       return one_cycle({.learning_rate = t.learning_rate, .steps = t.steps});
     }}};

}  // namespace

std::vector<std::string> schedule_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : schedules) names.push_back(name);
  return names;
}

Schedule make_schedule(const Settings& s, double learning_rate, std::size_t steps_per_epoch) {
  if (s.warmup_epochs > 0 && s.schedule != "cosine")
    throw ValueError(Op::nowhere("schedule"), s.schedule + " has no warm-up", "only cosine has");
  const auto warmup = static_cast<std::uint64_t>(
      std::llround(s.warmup_epochs * static_cast<double>(steps_per_epoch)));
  return schedules.at(s.schedule)({learning_rate, steps_per_epoch,
                                   static_cast<std::uint64_t>(s.epochs) * steps_per_epoch, warmup});
}

}  // namespace experiment
