// SPDX-License-Identifier: MIT
// Text for messages and files. It is the same in each locale: neither C++'s global one nor that of C's printf
// has a say in how a number is written.
#pragma once

#include <xtape/array.hpp>

#include <charconv>
#include <locale>
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
  out.imbue(std::locale::classic());
  (out << ... << parts);
  return out.str();
}

/// How many things: `1 rank`, `2 ranks`.
inline std::string counted(std::size_t count, const char* thing) {
  return text(count, ' ', thing, count == 1 ? "" : "s");
}

/// A number with so many digits after the point.
inline std::string fixed(double number, int digits) {
  char text[400];  // the largest has 309 digits before the point
  const auto [end, error] =
      std::to_chars(text, text + sizeof text, number, std::chars_format::fixed, digits);
  return {text, end};
}

}  // namespace xtape::inline XTAPE_ABI
