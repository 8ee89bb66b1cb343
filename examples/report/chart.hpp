// SPDX-License-Identifier: MIT
// Charts as inline SVG. Their colours and strokes are in style.cpp.
#pragma once

#include "scale.hpp"

#include <string>
#include <vector>

namespace report {

struct Point {
  double x, y;
  double low = y, high = y;  // of what y is the mean of; NaN for none
};

struct Series {
  std::string name;
  std::size_t style;          // which of the colours, strokes and markers
  std::vector<Point> points;  // a line is cut where y has no place on the scale
};

// How often styles repeat.
inline constexpr std::size_t styles = 9;

struct Chart {
  std::string id;           // unique in the page
  std::string title, unit;  // the unit says what is measured, and in what
  std::string x_name;       // such as epoch
  Scale x, y;
  std::string (*number)(double);  // how a value of y reads
  std::vector<Series> series = {};
  std::string note = {};  // below the chart, as HTML
};

// A figure with a heading, the chart and its numbers in a table.
std::string figure(const Chart& chart);

}  // namespace report
