// SPDX-License-Identifier: MIT
// What a person sees of a training: a bar on a terminal, a line per epoch in a log.
#pragma once

#include "train/stopwatch.hpp"
#include "train/totals.hpp"

#include <xtape/train/fit.hpp>

#include <cstdio>
#include <string>

namespace xtape::inline XTAPE_ABI {

class Progress {
 public:
  /// Writes to `log`, or nowhere if it is null.
  Progress(std::FILE* log, int epochs);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// After each step of an epoch: what was measured in it so far, in so many seconds.
  void step(const StepReport& step, const Totals& so_far, double seconds);
  /// After each epoch.
  void epoch(const EpochReport& report);
  /// Something to know, in a line of its own.
  void note(const std::string& text);

 private:
  void clear();

  std::FILE* log_;
  bool terminal_;
  bool drawn_ = false;
  int epochs_;
  Stopwatch since_drawn_;
};

}  // namespace xtape::inline XTAPE_ABI
