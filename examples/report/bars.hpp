// SPDX-License-Identifier: MIT
// Where the time went, as bars.
#pragma once

#include "statistics.hpp"

#include <span>
#include <string>

namespace report {

struct Phase {
  const char* name;
  double Epoch::*seconds;
};
inline constexpr Phase phases[] = {{"data", &Epoch::data_seconds},
                                   {"forward", &Epoch::forward_seconds},
                                   {"backward", &Epoch::backward_seconds},
                                   {"update", &Epoch::update_seconds},
                                   {"test", &Epoch::test_seconds}};

// A figure with a stacked bar per group. The table of the summary has its numbers.
std::string time_figure(std::span<const Group> groups);

}  // namespace report
