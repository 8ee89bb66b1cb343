// SPDX-License-Identifier: MIT
#include "html.hpp"
#include "sections.hpp"

#include <algorithm>
#include <cmath>

namespace report {
namespace {

std::string difference(const Score& score, double value) {
  return score.is_accuracy() ? fixed(100 * value, 2) + " points" : fixed(value, 4);
}

std::string compare(const Score& score, const Group& best, const Group& next) {
  // The difference of what is shown, so that a reader finds it again.
  const auto rounded = [&](const Group& group) { return std::round(1e4 * score.of(group)) / 1e4; };
  const double distance = std::abs(rounded(best) - rounded(next));
  const double error = std::hypot(score.error(best), score.error(next));
  std::string text = fmt::format(", {} {}", next.name, shown(score, score.of(next)));
  if (distance < 2 * error)
    put(text,
        "; the difference of {} may be chance, as it is less than twice its standard error, {}",
        difference(score, distance), difference(score, 2 * error));
  return text;
}

// How far the trainings are, as a sentence; empty if all have come to their end.
std::string progress(const Results& results, const char* begin) {
  const std::size_t total = results.runs.size();
  const auto number = [&](auto value, auto of_run) {
    return static_cast<std::size_t>(std::ranges::count(results.runs, value, of_run));
  };
  const std::size_t done = number(true, &Run::complete), diverged = number(State::diverged, state);
  if (done == total) return diverged == 0 ? "" : counted(diverged, "run") + " diverged.";
  return fmt::format("{}{} of {} done{}.", begin, done, counted(total, "run"),
                     diverged == 0 ? "" : fmt::format(", {} diverged", diverged));
}

}  // namespace

std::string shown(const Score& score, double value) {
  return score.is_accuracy() ? percent(value) + " %" : fixed(value, 4);
}

std::string finding(const Results& results, std::span<const Group> groups) {
  if (results.runs.empty()) return "There are no runs.";
  const Score score{results};
  std::vector<const Group*> complete;
  for (const Group& group : groups)
    if (group.state == State::complete && std::isfinite(score.of(group)))
      complete.push_back(&group);
  if (complete.empty()) {
    const std::string text = progress(results, "So far ");
    return text.empty()
               ? fmt::format("No run has a test {}.", score.is_accuracy() ? "accuracy" : "loss")
               : text;
  }
  std::ranges::stable_sort(complete, [&](const Group* a, const Group* b) {
    return score.better(score.of(*a), score.of(*b));
  });
  const Group& best = *complete.front();
  const std::size_t seeds = best.counted.size();
  const std::string value = shown(score, score.of(best));
  std::string text = fmt::format("{} reached {} on the test set after {}", best.name,
                                 score.is_accuracy() ? value + " accuracy" : "a loss of " + value,
                                 counted(best.epochs, "epoch"));
  if (seeds > 1) put(text, " (mean of {} seeds)", seeds);
  if (complete.size() > 1)
    text += compare(score, best, *complete[1]);
  else
    put(text, ", in {} s", brief(mean_total(best, total_seconds)));
  text += ".";
  const std::string rest = progress(results, "This is not the last word: ");
  return rest.empty() ? text : text + " " + rest;
}

std::string caveat(const Group& group, const Results& results) {
  std::string text;
  const auto add = [&](const std::string& what) { text += (text.empty() ? "" : "; ") + what; };
  for (const Run* run : group.runs) {
    const State now = state(*run);
    const auto bad = std::ranges::find_if(run->epochs, [](const Epoch& e) {
      return !std::isfinite(e.train_loss) || !std::isfinite(e.test_loss);
    });
    if (now == State::diverged)
      add(fmt::format("seed {} diverged in epoch {}", run->seed, bad - run->epochs.begin() + 1));
    if (now == State::running)
      add(fmt::format("seed {} is in progress, {} of {}", run->seed, run->epochs.size(),
                      counted(results.epochs, "epoch")));
    if (now == State::waiting) add(fmt::format("seed {} has no epoch yet", run->seed));
  }
  if (text.empty()) return text;
  if (group.counted.size() < group.runs.size())
    put(text, "; the figures are of {} of its {} runs", group.counted.size(), group.runs.size());
  return group.name + ": " + text + ".";
}

}  // namespace report
