// SPDX-License-Identifier: MIT
// What a person sees of a training: a bar on a terminal, a line per epoch in a log.
#pragma once

#include "train/totals.hpp"

#include <xtape/train/fit.hpp>

#include <chrono>
#include <cstdio>
#include <string>

namespace xtape::inline XTAPE_ABI {

/// Seconds since it was made.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

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
