// SPDX-License-Identifier: MIT
// How long a training takes for what.
#pragma once

#include <xtape/config.hpp>

#include <chrono>

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

/// The time since the last lap.
class Laps {
 public:
  double lap() {
    const double now = watch_.seconds(), since = now - last_;
    last_ = now;
    return since;
  }

 private:
  Stopwatch watch_;
  double last_ = 0;
};

}  // namespace xtape::inline XTAPE_ABI
