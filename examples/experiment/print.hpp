// SPDX-License-Identifier: MIT
// Printing that does not end a training.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace experiment {

/// As fmt::print, but for its exception: that what was printed is lost, the end of the program tells.
template <class... Args>
void print(std::FILE* out, fmt::format_string<Args...> format, Args&&... args) {
  const std::string text = fmt::format(format, std::forward<Args>(args)...);
  std::fwrite(text.data(), 1, text.size(), out);
}

}  // namespace experiment
