// SPDX-License-Identifier: MIT
#include <xtape/data/csv.hpp>

#include "files/errors.hpp"
#include "files/input_file.hpp"
#include "json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

namespace xtape::inline XTAPE_ABI::data {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // some spreadsheets begin with it

[[noreturn]] void fail_csv(const std::string& what) { throw DataError(Op::nowhere("csv"), what); }

// What is in a cell, for errors.
std::string shown(const std::string& cell) { return cell.empty() ? "nothing" : json_string(cell); }

// Takes a text apart, cell by cell.
class CsvParser {
 public:
  CsvParser(const std::string& path, std::string_view text, char delimiter)
      : path_{path}, text_{text}, delimiter_{delimiter} {
    for (const char blank : {' ', '\t'})
      if (blank != delimiter) blanks_ += blank;
    if (text_.starts_with(byte_order_mark)) text_.remove_prefix(byte_order_mark.size());
  }

  bool at_end() const { return text_.empty(); }
  std::size_t line() const { return line_; }  // the next, from 1
  // The cells of a line; an empty line has one, of nothing.
  std::vector<std::string> row() {
    std::vector<std::string> cells{cell()};
    while (take(delimiter_)) cells.push_back(cell());
    take('\r');
    if (!take('\n') && !at_end())
      fail_csv(text(path_, ", line ", line_,
                    ": expected a delimiter or the end of the line, found ",
                    shown(std::string{text_.front()})));
    ++line_;
    return cells;
  }

 private:
  bool take(char expected) {
    if (at_end() || text_.front() != expected) return false;
    text_.remove_prefix(1);
    return true;
  }
  void skip_blanks() {
    text_.remove_prefix(std::min(text_.find_first_not_of(blanks_), text_.size()));
  }
  std::string cell() {
    skip_blanks();
    if (take('"')) return quoted();
    const char ends[] = {delimiter_, '\r', '\n'};
    const std::string_view cell = text_.substr(0, text_.find_first_of({ends, std::size(ends)}));
    text_.remove_prefix(cell.size());
    return std::string{cell.substr(0, cell.find_last_not_of(blanks_) + 1)};
  }
  // Up to the quote that ends it; two of them are one in the cell.
  std::string quoted() {
    const std::size_t begin = line_;
    std::string cell;
    while (true) {
      if (at_end())
        fail_csv(text(path_, ", line ", begin,
                      ": expected quotes at the end of a cell, found the end of the file"));
      if (take('"')) {
        if (!take('"')) break;
        cell += '"';
        continue;
      }
      line_ += text_.front() == '\n';
      cell += text_.front();
      text_.remove_prefix(1);
    }
    skip_blanks();
    return cell;
  }

  const std::string& path_;
  std::string_view text_;  // what is left
  char delimiter_;
  std::string blanks_;
  std::size_t line_ = 1;
};

std::string listed(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

}  // namespace

Array Table::numbers(const std::vector<std::string>& columns) const {
  const std::vector<std::string>& names = columns.empty() ? names_ : columns;
  std::vector<std::size_t> places;
  for (const std::string& name : names) places.push_back(find(name));
  Array numbers = uninitialized({rows(), places.size()});
  Scalar* out = numbers.data();
  for (const Row& row : rows_)
    for (const std::size_t place : places) {
      const std::string& cell = row.cells[place];
      double number = 0;
      const char* const end = cell.data() + cell.size();
      const auto [rest, error] = std::from_chars(cell.data(), end, number);
      if (error != std::errc{} || rest != end || !std::isfinite(number))
        fail(row, text("expected a number in the column ", names_[place], ", found ", shown(cell)));
      *out++ = static_cast<Scalar>(number);
    }
  return numbers;
}

Categories Table::categories(const std::string& column,
                             const std::vector<std::string>& known) const {
  const std::size_t place = find(column);
  Categories categories{.ids = {}, .names = known};
  if (known.empty()) {
    std::set<std::string> names;
    for (const Row& row : rows_) names.insert(row.cells[place]);
    categories.names.assign(names.begin(), names.end());
  }
  std::map<std::string, std::int32_t> ids;
  for (const std::string& name : categories.names)
    ids.emplace(name, static_cast<std::int32_t>(ids.size()));
  for (const Row& row : rows_) {
    const std::string& cell = row.cells[place];
    const auto id = ids.find(cell);
    if (cell.empty() || id == ids.end())
      fail(row,
           text("expected a category in the column ", column,
                known.empty() ? "" : " that is known: " + listed(known), ", found ", shown(cell)));
    categories.ids.push_back(id->second);
  }
  return categories;
}

std::size_t Table::find(const std::string& column) const {
  const auto name = std::ranges::find(names_, column);
  if (name == names_.end())
    fail_csv(text(path_, ": expected a column ", column, ", found ", listed(names_)));
  return static_cast<std::size_t>(name - names_.begin());
}

void Table::fail(const Row& row, const std::string& what) const {
  fail_csv(text(path_, ", line ", row.line, ": ", what));
}

Table read_csv(const std::string& path, const CsvOptions& options) {
  const files::InputFile file{path, file_errors("csv")};
  std::string bytes(file.size(), '\0');
  file.read_at(0, bytes.data(), bytes.size());
  Table table{path};
  for (CsvParser parser{path, bytes, options.delimiter}; !parser.at_end();) {
    Table::Row row{.line = parser.line(), .cells = parser.row()};
    if (row.cells.size() == 1 && row.cells[0].empty()) continue;  // an empty line
    const bool first = table.names_.empty();
    if (first)
      for (std::size_t i = 0; i < row.cells.size(); ++i)
        table.names_.push_back(options.header ? row.cells[i] : std::to_string(i + 1));
    if (row.cells.size() != table.names_.size())
      table.fail(row, text("expected ", table.names_.size(),
                           " cells, as the first line has, found ", row.cells.size()));
    if (!first || !options.header) table.rows_.push_back(std::move(row));
  }
  if (table.rows_.empty()) fail_csv(path + ": expected rows of cells, found none");
  std::vector<std::string> names = table.names_;
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end())
    fail_csv(text(path, ": expected a name for each column, found two called ", shown(*twice)));
  return table;
}

}  // namespace xtape::inline XTAPE_ABI::data
