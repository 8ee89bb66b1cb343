// SPDX-License-Identifier: MIT
// Axes of charts.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace report {

struct Tick {
  double value;
  std::string label;
};

// How a range of numbers is laid out on an axis.
struct Scale {
  enum class Kind { linear, logarithmic, error };  // error: a share p by log(1 - p)
  Kind kind = Kind::linear;
  double low = 0, high = 1;
  std::vector<Tick> ticks = {};  // rising, from low to high

  // From 0 at `low` and below to 1 at `high` and above; NaN for what has no place: what is not finite, or 0
  // on a logarithmic scale.
  double at(double value) const;
};

// Linear, with ticks at 1, 2 or 5 times a power of ten, from one tick to another around the values.
// Values that are not finite do not count, here and below.
Scale linear_scale(std::span<const double> all);
// Logarithmic if all values are above 0 and the largest is many times the smallest, else linear.
Scale positive_scale(std::span<const double> all);
// Of shares from 0 to 1, labelled in per cent: by the logarithm of the error 1 - p if the errors differ
// by many times, so that 98 and 99 % are as far apart as 96 and 98 %; else linear.
Scale share_scale(std::span<const double> all);
// Of counts from 1 to `last`, with ticks at whole numbers.
Scale count_scale(std::size_t last);

}  // namespace report
