// SPDX-License-Identifier: MIT
// What a person sees of a comparison: a table that lives on a terminal, a line per epoch in a log.
#pragma once

#include "../report/results.hpp"

#include <xtape/train.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace experiment {

class Table {
 public:
  /// Writes about `results`, which it looks at anew each time.
  Table(std::FILE* out, const report::Results& results);

  /// After each step of a run.
  void step(const report::Run& run, const xtape::StepReport& report);
  /// After each epoch of a run.
  void epoch(const report::Run& run);
  /// The table as it stays.
  void finish();

 private:
  void draw_again(const std::string& below);
  void draw(const std::vector<std::string>& lines);

  std::FILE* out_;
  const report::Results& results_;
  bool terminal_;
  std::size_t drawn_ = 0;  // lines
  std::chrono::steady_clock::time_point last_ = {};
};

/// The results by optimizer, beside the references, as lines of text.
std::vector<std::string> table_lines(const report::Results& results);

}  // namespace experiment
