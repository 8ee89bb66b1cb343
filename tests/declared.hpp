// SPDX-License-Identifier: MIT
// What the public headers declare.
#pragma once

#include "pattern.hpp"

#include <paths.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

namespace test {

// The first group of a pattern, in all lines of the headers of a folder.
inline std::set<std::string> declared(const std::string& folder, const std::string& pattern) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{XTAPE_INCLUDE "/xtape/" + folder}) {
    std::ifstream file{entry.path()};
    for (std::string line; std::getline(file, line);)
      for (const std::string& name : matches(line, pattern, 1)) names.insert(name);
  }
  return names;
}

}  // namespace test
