// SPDX-License-Identifier: MIT
#include "pattern.hpp"

#include <regex>

namespace test {
namespace {

Match groups(const std::smatch& found) { return {found.begin(), found.end()}; }

}  // namespace

Match match(const std::string& text, const std::string& pattern) {
  std::smatch found;
  return std::regex_match(text, found, std::regex{pattern}) ? groups(found) : Match{};
}

Match search(const std::string& text, const std::string& pattern) {
  std::smatch found;
  return std::regex_search(text, found, std::regex{pattern}) ? groups(found) : Match{};
}

std::vector<Match> search_all(const std::string& text, const std::string& pattern) {
  const std::regex expression{pattern};
  std::vector<Match> all;
  for (std::sregex_iterator found{text.begin(), text.end(), expression}, end; found != end; ++found)
    all.push_back(groups(*found));
  return all;
}

std::vector<std::string> matches(const std::string& text, const std::string& pattern,
                                 std::size_t group) {
  std::vector<std::string> all;
  for (const Match& found : search_all(text, pattern)) all.push_back(found.at(group));
  return all;
}

std::string replaced(const std::string& text, const std::string& pattern, const std::string& by) {
  return std::regex_replace(text, std::regex{pattern}, by);
}

}  // namespace test
