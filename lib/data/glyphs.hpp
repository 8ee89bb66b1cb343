// SPDX-License-Identifier: MIT
// How people write the digits.
#pragma once

#include <xtape/config.hpp>

#include <array>
#include <vector>

namespace xtape::inline XTAPE_ABI::data {

struct Point {
  double x, y;  // to the right and down; a digit is about 80 wide and 100 tall
};

/// What the pen writes at one go: a smooth curve through these points. A point given twice is a
/// corner.
using Stroke = std::vector<Point>;

/// One way to write a digit.
struct Style {
  unsigned frequency;  // how common, relative to the digit's other styles
  std::vector<Stroke> strokes;
};

/// The styles of each digit.
const std::array<std::vector<Style>, 10>& digit_styles();

}  // namespace xtape::inline XTAPE_ABI::data
