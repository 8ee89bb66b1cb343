// SPDX-License-Identifier: MIT
#include "html.hpp"
#include "sections.hpp"

#include <algorithm>
#include <cmath>

namespace report {
namespace {

double accuracy(const Group& group) {
  return last(group, [](const Epoch& e) { return e.test_accuracy; }).mean;
}

std::string compare(const Group& best, const Group& next, std::size_t test_samples) {
  // The difference of what is shown, so that a reader finds it again.
  const auto shown = [](const Group& group) { return std::round(1e4 * accuracy(group)) / 100; };
  const double points = shown(best) - shown(next);
  const double error =
      100 * std::hypot(accuracy_error(best, test_samples), accuracy_error(next, test_samples));
  std::string text = fmt::format(", {} {} %", next.name, percent(accuracy(next)));
  if (points < 2 * error)
    put(text,
        "; the difference of {} points may be chance, as it is less than twice its standard error, "
        "{} points",
        fixed(points, 2), fixed(2 * error, 2));
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

std::string finding(const Results& results, std::span<const Group> groups) {
  if (results.runs.empty()) return "There are no runs.";
  std::vector<const Group*> complete;
  for (const Group& group : groups)
    if (group.state == State::complete && std::isfinite(accuracy(group)))
      complete.push_back(&group);
  if (complete.empty()) {
    const std::string text = progress(results, "So far ");
    return text.empty() ? "No run has a test accuracy." : text;
  }
  std::ranges::stable_sort(complete, std::greater{}, [](const Group* g) { return accuracy(*g); });
  const Group& best = *complete.front();
  const std::size_t seeds = best.counted.size();
  std::string text = fmt::format("{} reached {} % accuracy on the test set after {}", best.name,
                                 percent(accuracy(best)), counted(best.epochs, "epoch"));
  if (seeds > 1) put(text, " (mean of {} seeds)", seeds);
  if (complete.size() > 1)
    text += compare(best, *complete[1], results.test_samples);
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
