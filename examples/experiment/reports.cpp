// SPDX-License-Identifier: MIT
#include "reports.hpp"

#include "print.hpp"

#include <filesystem>
#include <limits>
#include <stdexcept>

using namespace xtape;

namespace experiment {

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
