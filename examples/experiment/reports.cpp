// SPDX-License-Identifier: MIT
#include "reports.hpp"

#include "print.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <stdexcept>

using namespace xtape;

namespace experiment {
namespace {

double accuracy_of(const Metrics& metrics) {
  const auto found = std::ranges::find(metrics.numbers, "accuracy", &Metrics::Number::name);
  return found == metrics.numbers.end() ? std::numeric_limits<double>::quiet_NaN() : found->value;
}

}  // namespace

report::Epoch to_report(const EpochReport& e, double learning_rate) {
  return {.train_loss = e.train.loss,
          .train_accuracy = accuracy_of(e.train),
          .test_loss = e["test.loss"],
          .test_accuracy = accuracy_of(e.test.value()),
          .data_seconds = e.seconds.data,
          .forward_seconds = e.seconds.forward,
          .backward_seconds = e.seconds.backward,
          .update_seconds = e.seconds.update,
          .test_seconds = e.seconds.test,
          .learning_rate = learning_rate,
          .images_per_second = e.samples_per_second()};
}

report::Run to_report(const Settings& settings, const Plan& plan,
                      const std::vector<NamedParameter>& parameters, const History& history,
                      const UpdateStatistics& updates) {
  report::Run run{.optimizer = settings.optimizer, .seed = settings.seed};
  run.learning_rate = plan.schedule(1);
  run.complete =
      history.stopped || history.epochs.size() >= static_cast<std::size_t>(settings.epochs);
  for (const EpochReport& e : history.epochs)
    run.epochs.push_back(
        to_report(e, plan.schedule(static_cast<std::uint64_t>(e.epoch) * plan.steps)));
  for (const auto& [name, parameter] : parameters) run.parameters.push_back(name);
  for (const UpdateStatistics::Sample& sample : updates.samples())
    run.updates.push_back({sample.step, sample.gradient_norms, sample.update_ratios});
  return run;
}

void write_report(const char* program, const std::string& directory,
                  const report::Results& results) {
  try {
    report::write(directory, results);
  } catch (const std::runtime_error& error) {
    print(stderr, "{}: {}\n", program, error.what());
  }
}

void mark_diverged(report::Run& run) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  run.epochs.push_back(
      {.train_loss = nan, .train_accuracy = nan, .test_loss = nan, .test_accuracy = nan});
  run.complete = true;
}

std::optional<report::Claim> claim_report(const std::string& directory, bool resumes) {
  if (directory.empty()) return {};
  report::Claim claim{directory};
  if (!resumes && std::filesystem::exists(std::filesystem::path{directory} / "results.json"))
    throw ValueError(Op::nowhere("report"), directory + " has results already",
                     "choose another directory, or remove it");
  return claim;
}

Reporter::Reporter(std::string program, std::string directory, report::Results results)
    : program_{std::move(program)}, directory_{std::move(directory)}, results_{std::move(results)} {
  if (!directory_.empty()) report::write(directory_, results_);
}

Watcher Reporter::watcher() {
  if (directory_.empty()) return {};
  return [this](const report::Run& run) {
    results_.runs = {run};
    write_report(program_.c_str(), directory_, results_);
  };
}

void Reporter::diverged() {
  if (directory_.empty()) return;
  mark_diverged(results_.runs.front());
  write_report(program_.c_str(), directory_, results_);
}

void Reporter::tell(std::FILE* log) const {
  if (!directory_.empty() && log != nullptr)
    print(log, "{}\n", (std::filesystem::path{directory_} / "report.html").string());
}

}  // namespace experiment
