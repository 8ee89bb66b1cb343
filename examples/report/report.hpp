// SPDX-License-Identifier: MIT
/// \file
/// Writes what trainings have given: a page to read, and files for other programs. See docs/report.md.
#pragma once

#include "results.hpp"

#include <filesystem>

namespace report {

/// Writes `report.html`, `results.csv` and `results.json` into a directory, which is created if missing.
/// Each file replaces the old one at once and is on the disk by then: neither a reader nor a power failure
/// meets half of it. One process at a time may write a directory. Throws std::runtime_error if a file
/// cannot be written, and the old one stays, or if the results contradict themselves; it then names the
/// field.
void write(const std::filesystem::path& directory, const Results& results);

/// All that `write` has written, from `results.json` in a directory or from a file of this layout.
/// Numbers come back as they were, NaN and infinity too. Throws std::runtime_error that names the file
/// and the field, if it is damaged or of another kind.
Results read(const std::filesystem::path& path);

}  // namespace report
