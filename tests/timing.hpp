// SPDX-License-Identifier: MIT
// Ratios of times of one thread, which other processes hardly change.
#pragma once

#include <algorithm>
#include <ctime>
#include <limits>

namespace test {

/// The processor time that this thread takes for a call, in seconds.
template <class F>
double thread_seconds(F&& f) {
  const auto now = [] {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  };
  const double begin = now();
  f();
  return now() - begin;
}

/// How many times as long `a` takes as `b`. What disturbs a measurement makes it longer, so the shortest time of each
/// counts, and they are measured in turn for as long as the ratio is above `enough`.
template <class A, class B>
double time_ratio(A&& a, B&& b, double enough) {
  double of_a = std::numeric_limits<double>::infinity(), of_b = of_a;
  for (int round = 0; round < 100 && (round < 3 || of_a > enough * of_b); ++round) {
    of_a = std::min(of_a, thread_seconds(a));
    of_b = std::min(of_b, thread_seconds(b));
  }
  return of_a / of_b;
}

}  // namespace test
