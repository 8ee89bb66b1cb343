// SPDX-License-Identifier: MIT
// What both programs do with a report while they train.
#pragma once

#include "../report/results.hpp"

#include <string>

namespace experiment {

/// Writes a report. A training goes on without it: where it cannot be written, stderr says so, as `program`.
void write_report(const char* program, const std::string& directory,
                  const report::Results& results);

/// Ends a run with an epoch whose figures are not finite.
void mark_diverged(report::Run& run);

}  // namespace experiment
