// SPDX-License-Identifier: MIT
// Text for error messages.
#pragma once

#include <xtape/array.hpp>

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

}  // namespace xtape::inline XTAPE_ABI
