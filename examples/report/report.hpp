// SPDX-License-Identifier: MIT
/// \file
/// Writes what trainings have given: a page to read, and files for other programs. See docs/report.md.
#pragma once

#include "image.hpp"

#include <filesystem>
#include <memory>

namespace report {

/// The right to write a directory. Reports of two processes in one would take each other's place, so that each
/// that writes for some time makes one of these first; the right ends with the process, however that ends.
class Claim {
 public:
  /// Creates the directory if it is missing. Throws std::runtime_error if another process has the right.
  explicit Claim(const std::filesystem::path& directory);

 private:
  std::shared_ptr<void> lock_;
};

/// Writes `report.html`, `results.csv` and `results.json` into a directory, which is created if missing.
/// Each file replaces the old one at once and is on the disk by then: neither a reader nor a power failure
/// meets half of it. Throws std::runtime_error if a file cannot be written, and the old one stays, or if the
/// results contradict themselves; it then names the field.
void write(const std::filesystem::path& directory, const Results& results);

/// Writes an image as a PNG, as `write` does its files. Throws std::runtime_error if it cannot be written.
void write_png(const std::filesystem::path& path, const Image& image);

/// All that `write` has written, from `results.json` in a directory or from a file of this layout.
/// Numbers come back as they were, NaN and infinity too. Throws std::runtime_error that names the file
/// and the field, if it is damaged or of another kind.
Results read(const std::filesystem::path& path);

}  // namespace report
