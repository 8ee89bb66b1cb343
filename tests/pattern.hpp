// SPDX-License-Identifier: MIT
// Regular expressions (of ECMAScript). What knows them is large to compile, so it is in a source of its own.
#pragma once

#include <string>
#include <vector>

namespace test {

// A match and its groups. Empty: there is none.
using Match = std::vector<std::string>;

Match match(const std::string& text, const std::string& pattern);   // the whole text
Match search(const std::string& text, const std::string& pattern);  // the first place in it
std::vector<Match> search_all(const std::string& text, const std::string& pattern);

inline bool fits(const std::string& text, const std::string& pattern) {
  return !match(text, pattern).empty();
}
inline bool has(const std::string& text, const std::string& pattern) {
  return !search(text, pattern).empty();
}

// A group of all matches.
std::vector<std::string> matches(const std::string& text, const std::string& pattern,
                                 std::size_t group = 0);

std::string replaced(const std::string& text, const std::string& pattern, const std::string& by);

}  // namespace test
