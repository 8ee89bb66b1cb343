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

// The first group of a pattern, in all lines of a header.
inline std::set<std::string> declared_in(const std::string& header, const std::string& pattern) {
  std::set<std::string> names;
  std::ifstream file{XTAPE_INCLUDE "/xtape/" + header};
  for (std::string line; std::getline(file, line);)
    for (const std::string& name : matches(line, pattern, 1)) names.insert(name);
  return names;
}

// The same of all headers of a folder.
inline std::set<std::string> declared(const std::string& folder, const std::string& pattern) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{XTAPE_INCLUDE "/xtape/" + folder})
    names.merge(declared_in(folder + '/' + entry.path().filename().string(), pattern));
  return names;
}

// Ops.
inline const std::string op_pattern =
    "^(?:inline )?(?:Variable|PooledVector<Variable>|RecurrentResult|TopK) (?!operator)(\\w+)\\(";
// Headers of ops that are computed element by element.
inline const char* const elementwise_headers[] = {"ops/activation.hpp", "ops/arithmetic.hpp",
                                                  "ops/unary.hpp"};

}  // namespace test
