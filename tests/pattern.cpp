// SPDX-License-Identifier: MIT
#include "pattern.hpp"

#include <regex>
#include <unordered_map>

namespace test {
namespace {

// Compiling takes longer than most searches, and many lines are looked at for the same pattern.
const std::regex& compiled(const std::string& pattern) {
  thread_local std::unordered_map<std::string, std::regex> known;
  const auto found = known.find(pattern);
  return found != known.end() ? found->second : known.emplace(pattern, pattern).first->second;
}

Match groups(const std::smatch& found) { return {found.begin(), found.end()}; }

}  // namespace

Match match(const std::string& text, const std::string& pattern) {
  std::smatch found;
  return std::regex_match(text, found, compiled(pattern)) ? groups(found) : Match{};
}

Match search(const std::string& text, const std::string& pattern) {
  std::smatch found;
  return std::regex_search(text, found, compiled(pattern)) ? groups(found) : Match{};
}

std::vector<Match> search_all(const std::string& text, const std::string& pattern) {
  std::vector<Match> all;
  for (std::sregex_iterator found{text.begin(), text.end(), compiled(pattern)}, end; found != end;
       ++found)
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
  return std::regex_replace(text, compiled(pattern), by);
}

}  // namespace test
