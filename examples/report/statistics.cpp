// SPDX-License-Identifier: MIT
#include "statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace report {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

void choose_counted(Group& group) {
  for (State state : {State::complete, State::running, State::diverged, State::waiting}) {
    group.state = state;
    for (const Run* run : group.runs)
      if (report::state(*run) == state) group.counted.push_back(run);
    if (!group.counted.empty()) break;
  }
  group.epochs = group.counted.front()->epochs.size();
  for (const Run* run : group.counted) group.epochs = std::min(group.epochs, run->epochs.size());
}

Spread at_epoch(const Group& group, std::size_t epoch, const Measure& measure) {
  std::vector<double> values;
  for (const Run* run : group.counted) values.push_back(measure(run->epochs[epoch]));
  return spread(values);
}

}  // namespace

Spread spread(std::span<const double> values) {
  const auto nan = std::ranges::find_if(values, [](double x) { return std::isnan(x); });
  if (values.empty() || nan != values.end())
    return {not_a_number, not_a_number, not_a_number, not_a_number};
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (double x : values) squares += (x - mean) * (x - mean);
  const auto [low, high] = std::ranges::minmax(values);
  return {mean, low, high, values.size() < 2 ? not_a_number : std::sqrt(squares / (n - 1))};
}

double binomial_error(double p, std::size_t n) {
  if (n == 0) return not_a_number;
  return std::sqrt(p * (1 - p) / static_cast<double>(n));
}

bool Score::better(double a, double b) const {
  if (std::isnan(b)) return !std::isnan(a);
  return accuracy_ ? a > b : a < b;
}

double Score::error(const Group& group) const {
  const Spread all = last(group, *this);
  const double of_seeds = all.deviation / std::sqrt(static_cast<double>(group.counted.size()));
  return accuracy_ ? std::fmax(binomial_error(all.mean, samples_), of_seeds)  // that is known
                   : of_seeds;
}

State state(const Run& run) {
  const auto diverged = [](const Epoch& epoch) {
    return !std::isfinite(epoch.train_loss) || !std::isfinite(epoch.test_loss);
  };
  if (std::ranges::any_of(run.epochs, diverged)) return State::diverged;
  if (run.epochs.empty()) return State::waiting;
  return run.complete ? State::complete : State::running;
}

std::size_t Group::number_of(State wanted) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(runs, [&](const Run* run) { return report::state(*run) == wanted; }));
}

std::vector<Group> groups(const Results& results) {
  std::vector<Group> all;
  const auto belongs = [](const Group& group, const Run& run) {
    return group.optimizer == run.optimizer &&
           group.runs.front()->learning_rate == run.learning_rate;
  };
  for (const Run& run : results.runs) {
    auto group = std::ranges::find_if(all, [&](const Group& g) { return belongs(g, run); });
    if (group == all.end()) group = all.insert(all.end(), {run.optimizer, run.optimizer});
    group->runs.push_back(&run);
  }
  for (Group& group : all) {
    choose_counted(group);
    if (std::ranges::count(all, group.optimizer, &Group::optimizer) > 1)
      group.name += fmt::format(" {:g}", group.runs.front()->learning_rate);
  }
  return all;
}

std::vector<Spread> curve(const Group& group, const Measure& measure) {
  std::vector<Spread> result;
  for (std::size_t epoch = 0; epoch < group.epochs; ++epoch)
    result.push_back(at_epoch(group, epoch, measure));
  return result;
}

Spread last(const Group& group, const Measure& measure) {
  return group.epochs == 0 ? spread({}) : at_epoch(group, group.epochs - 1, measure);
}

double mean_total(const Group& group, const Measure& measure) {
  if (group.epochs == 0) return not_a_number;
  std::vector<double> totals;
  for (const Run* run : group.counted) {
    // A complete run may have stopped early, which is no reason to cut the others short.
    const std::size_t end = group.state == State::running ? group.epochs : run->epochs.size();
    totals.push_back(0);
    for (const Epoch& epoch : std::span{run->epochs}.first(end)) totals.back() += measure(epoch);
  }
  return spread(totals).mean;
}

double train_seconds(const Epoch& e) {
  return e.data_seconds + e.forward_seconds + e.backward_seconds + e.update_seconds;
}

double total_seconds(const Epoch& e) { return train_seconds(e) + e.test_seconds; }

const Run* best_run(const Group& group, const Score& score) {
  const Run* best = nullptr;
  for (const Run* run : group.counted)
    if (!run->epochs.empty() &&
        (best == nullptr || score.better(score(run->epochs.back()), score(best->epochs.back()))))
      best = run;
  return best;
}

}  // namespace report
