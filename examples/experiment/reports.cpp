// SPDX-License-Identifier: MIT
#include "reports.hpp"

#include "../report/report.hpp"
#include "print.hpp"

#include <limits>
#include <stdexcept>

namespace experiment {

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

}  // namespace experiment
