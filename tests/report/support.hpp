// SPDX-License-Identifier: MIT
// A look into the files of a report.
#pragma once

#include "../directory.hpp"
#include "../pattern.hpp"
#include "sample.hpp"

#include <report.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace test {

inline std::string content(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error{"cannot read " + path.string()};
  return {std::istreambuf_iterator<char>{file}, {}};
}

inline void put(const std::filesystem::path& path, const std::string& text) {
  std::ofstream{path, std::ios::binary} << text;
}

// How often a part occurs.
inline std::size_t count(const std::string& text, const std::string& part) {
  std::size_t number = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++number;
  return number;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Texts of data: URIs are long, and a regular expression is recursive in them.
inline std::string without_data(std::string page) {
  const std::string begin = "data:image/png;base64,";
  for (auto at = page.find(begin); at != std::string::npos; at = page.find(begin, at + 1)) {
    const auto end = page.find('"', at);
    page.replace(at, end - at, "data:image/png;");
  }
  return page;
}

}  // namespace test
