// SPDX-License-Identifier: MIT
// What programs do with a report while they train.
#pragma once

#include "../report/report.hpp"
#include "experiment.hpp"

#include <optional>
#include <string>

namespace experiment {

/// Writes a report. A training goes on without it: where it cannot be written, stderr says so, as `program`.
void write_report(const char* program, const std::string& directory,
                  const report::Results& results);

/// What a report has of an epoch. Its images are samples; an accuracy that was not measured is NaN.
report::Epoch to_report(const xtape::EpochReport& epoch, double learning_rate);
/// And of a training so far, beside what its model shows.
report::Run to_report(const Settings& settings, const Plan& plan,
                      const std::vector<xtape::NamedParameter>& parameters,
                      const xtape::History& history, const xtape::UpdateStatistics& updates);

/// Ends a run with an epoch whose figures are not finite.
void mark_diverged(report::Run& run);

/// The right to write a report, if there is to be one. Throws ValueError where the directory has one already, unless
/// its training is resumed.
std::optional<report::Claim> claim_report(const std::string& directory, bool resumes);

/// Writes the report of one training, if its directory has a name.
class Reporter {
 public:
  /// Of what has begun. Throws std::runtime_error now, rather than after an epoch, where it cannot be written.
  Reporter(std::string program, std::string directory, report::Results results);

  /// Trains by `train`, a function of a Watcher, and returns what that does. The report tells if it diverged.
  template <class Train>
  auto follow(Train train) {
    try {
      return train(watcher());
    } catch (const xtape::NumericsError&) {
      diverged();
      throw;
    }
  }
  /// Tells where the report is.
  void tell(std::FILE* log) const;

 private:
  Watcher watcher();
  void diverged();

  std::string program_, directory_;
  report::Results results_;
};

}  // namespace experiment
