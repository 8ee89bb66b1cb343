// SPDX-License-Identifier: MIT
// The rules of the house that can be read off its files: includes go one way, headers are light and
// complete, files are short.
#include "../pattern.hpp"

#include <paths.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

const fs::path root = fs::path{XTAPE_INCLUDE}.parent_path();

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream in{root / file};
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The sources and headers below a folder, relative to the root.
std::vector<fs::path> sources(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator{root / folder})
    if (entry.path().extension() == ".hpp" || entry.path().extension() == ".cpp")
      files.push_back(fs::relative(entry.path(), root));
  std::sort(files.begin(), files.end());
  return files;
}
std::vector<fs::path> headers() { return sources("include/xtape"); }

struct Include {
  bool angled;
  std::string name;  // as written
};
std::vector<Include> includes_of(const fs::path& file) {
  const std::string pattern = R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"])re";
  std::vector<Include> all;
  for (const std::string& line : lines_of(file))
    if (const auto found = test::search(line, pattern); !found.empty())
      all.push_back({found[1] == "<", found[2]});
  return all;
}

// The file of ours that an include names, relative to the root, or nothing.
fs::path resolved(const Include& include, const fs::path& from) {
  if (include.angled && include.name.starts_with("xtape/"))
    return fs::path{"include"} / include.name;
  if (include.angled && include.name.starts_with("models/")) return include.name;
  if (include.angled) return {};
  const fs::path beside = from.parent_path() / include.name,
                 in_lib = fs::path{"lib"} / include.name;
  return fs::exists(root / beside) ? beside : in_lib;
}

// The room that a file is in: its folder below include/xtape, lib or models, or its own name.
std::string room_of(const fs::path& file) {
  auto part = file.begin();
  if (*part == "models") return "models";
  part = std::next(part, *part == "include" ? 2 : 1);
  return part->stem().string();
}

// The rows of the map in CONTRIBUTING.md: parts, what they are, what they may include.
struct Map {
  Names base;                     // what all may include
  std::vector<std::string> rows;  // the parts above it, from the top
  std::map<std::string, Names> may_include;

  bool allowed(const std::string& from, const std::string& to) const {
    if (from == to || base.count(to) > 0) return true;
    const auto rule = may_include.find(from);  // the base includes only the base
    return rule != may_include.end() && rule->second.count(to) > 0;
  }
};

Names names_in(const std::string& cell) {
  const auto names = test::matches(cell, "`([a-z]+)`", 1);
  return {names.begin(), names.end()};
}

Map read_map() {
  Map map;
  for (const std::string& line : lines_of("CONTRIBUTING.md")) {
    const auto cells = test::match(line, R"(\| (`[^|]+`) \|([^|]+)\|([^|]*)\|)");
    if (cells.empty()) continue;
    const Names parts = names_in(cells[1]);
    if (parts.size() > 1) {
      map.base = parts;
      continue;
    }
    map.rows.push_back(*parts.begin());
    map.may_include.emplace(map.rows.back(), names_in(cells[3]));
  }
  // The header that includes the others.
  map.may_include.emplace("xtape", Names{map.rows.begin(), map.rows.end()});
  return map;
}

// All files of ours that a file includes, itself too.
std::set<fs::path> closure(const fs::path& file) {
  std::set<fs::path> seen{file};
  for (std::vector<fs::path> open{file}; !open.empty();) {
    const fs::path from = open.back();
    open.pop_back();
    for (const Include& include : includes_of(from))
      if (const fs::path to = resolved(include, from); !to.empty() && seen.insert(to).second)
        open.push_back(to);
  }
  return seen;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(structure)

BOOST_AUTO_TEST_CASE(includes_go_one_way) {
  const Map map = read_map();
  std::size_t checked = 0;
  Names rooms;
  for (const char* folder : {"include", "lib", "models"})
    for (const fs::path& file : sources(folder)) {
      rooms.insert(room_of(file));
      for (const Include& include : includes_of(file)) {
        const fs::path to = resolved(include, file);
        if (to.empty()) continue;
        ++checked;
        BOOST_TEST(fs::exists(root / to),
                   file << " includes " << include.name << ", which is not there");
        BOOST_TEST(map.allowed(room_of(file), room_of(to)), file << " includes " << include.name);
      }
    }
  BOOST_TEST(checked > 200u);
  for (const auto& [room, others] : map.may_include)
    BOOST_TEST(rooms.count(room) == 1u, "no room " << room);
  for (const std::string& room : rooms)
    BOOST_TEST((map.base.count(room) + map.may_include.count(room) == 1u),
               "no rule for the room " << room);
}

BOOST_AUTO_TEST_CASE(rows_of_the_map_name_rows_below_them) {
  const Map map = read_map();
  BOOST_TEST(map.rows.size() > 10u);
  for (auto row = map.rows.begin(); row != map.rows.end(); ++row)
    for (const std::string& name : map.may_include.at(*row))
      BOOST_TEST(std::count(row + 1, map.rows.end(), name) == 1,
                 *row << " may include " << name << ", which is not a row below it");
}

BOOST_AUTO_TEST_CASE(public_headers_include_headers_of_ours_and_of_the_standard) {
  for (const fs::path& file : headers())
    for (const auto& [angled, name] : includes_of(file)) {
      const bool ours = name.starts_with("xtape/");
      const bool standard = name.find_first_of("./") == std::string::npos;
      const bool array = file == "include/xtape/detail/xtensor.hpp" &&
                         (name == "xtensor/xarray.hpp" || name == "xtensor/containers/xarray.hpp");
      BOOST_TEST((angled && (ours || standard || array)), file << " includes " << name);
    }
}

// The library hides what is not marked so, and a mark must not reach beyond what is ours.
BOOST_AUTO_TEST_CASE(public_headers_declare_what_can_be_linked_with) {
  std::size_t marked = 0;
  for (const fs::path& file : headers()) {
    const auto lines = lines_of(file);
    std::vector<std::string> marks;  // and the lines that they enclose at once
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].starts_with("namespace xtape::inline XTAPE_ABI"))
        marks.insert(marks.end(), {i > 0 ? lines[i - 1] : "", "begin"});
      if (lines[i].starts_with("}  // namespace xtape::inline XTAPE_ABI"))
        marks.insert(marks.end(), {"end", i + 1 < lines.size() ? lines[i + 1] : ""});
    }
    if (marks.empty()) continue;
    ++marked;
    const std::vector<std::string> expected{"#pragma GCC visibility push(default)", "begin", "end",
                                            "#pragma GCC visibility pop"};
    BOOST_TEST((marks == expected), file << " has no #pragma GCC visibility around its namespace");
  }
  BOOST_TEST(marked > 50u);
}

// Sources that are compiled for AVX-512 see nothing of which the linker could keep that copy.
BOOST_AUTO_TEST_CASE(kernels_include_no_xtensor) {
  std::size_t kernels = 0;
  for (const fs::path& file : sources("lib/kernels")) {
    const auto lines = lines_of(file);
    const bool per_isa = std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
      return line.starts_with("namespace ") && line.find("XTAPE_ISA") != std::string::npos;
    });
    if (!per_isa) continue;
    ++kernels;
    for (const fs::path& used : closure(file))
      for (const Include& include : includes_of(used))
        BOOST_TEST((!include.name.starts_with("xtensor") && !include.name.starts_with("tbb/")),
                   file << " includes " << include.name << " by way of " << used);
  }
  BOOST_TEST(kernels >= 8u);
}

BOOST_AUTO_TEST_CASE(no_cycles) {
  for (const char* folder : {"include", "lib"})
    for (const fs::path& file : sources(folder))
      for (const Include& include : includes_of(file))
        if (const fs::path to = resolved(include, file); !to.empty())
          BOOST_TEST(closure(to).count(file) == 0u, file << " and " << to << " include each other");
}

BOOST_AUTO_TEST_CASE(the_umbrella_has_every_header) {
  const std::set<fs::path> all = closure("include/xtape/xtape.hpp");
  for (const fs::path& file : headers()) {
    const std::string room = room_of(file);
    if (room != "testing") BOOST_TEST(all.count(file) == 1u, file << " is not in xtape.hpp");
  }
}

BOOST_AUTO_TEST_CASE(files_begin_with_a_licence_and_are_short) {
  std::size_t files = 0;
  for (const char* folder : {"include", "lib", "models", "examples", "tests"})
    for (const fs::path& file : sources(folder)) {
      const auto lines = lines_of(file);
      ++files;
      BOOST_TEST((!lines.empty() && lines[0] == "// SPDX-License-Identifier: MIT"),
                 file << " has no SPDX line");
      BOOST_TEST(lines.size() <= 400u, file << " has " << lines.size() << " lines");
      if (file.extension() == ".hpp")
        BOOST_TEST(std::count(lines.begin(), lines.end(), "#pragma once") == 1,
                   file << " has no #pragma once");
      for (std::size_t i = 0; i < lines.size(); ++i)
        BOOST_TEST((lines[i].find('\t') == std::string::npos && !lines[i].ends_with(' ')),
                   file << ':' << i + 1 << " has a tab or ends in a space");
    }
  BOOST_TEST(files > 100u);
}

BOOST_AUTO_TEST_SUITE_END()
