// SPDX-License-Identifier: MIT
// Text for error messages.
#pragma once

#include <xtape/array.hpp>

#include <cstdio>
#include <sstream>
#include <string>

namespace xtape::inline XTAPE_ABI {

inline std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << to_string(shape);
}

inline std::ostream& operator<<(std::ostream& out, const Axes& axes) {
  return out << to_string(axes);
}

/// Its arguments, one after the other.
template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

/// A number with so many digits after the point.
inline std::string fixed(double number, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}

}  // namespace xtape::inline XTAPE_ABI
