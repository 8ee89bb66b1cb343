// SPDX-License-Identifier: MIT
/// \file
/// Tables of numbers and categories from CSV files (RFC 4180).
#pragma once

#include <xtape/data/batch.hpp>

#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::data {

/// What a CSV file looks like.
struct CsvOptions {
  char delimiter = ',';  ///< between cells
  bool header =
      true;  ///< whether the first line has the columns' names; else these are `1`, `2`, ...
};

/// A column of texts as ids.
struct Categories {
  std::vector<std::int32_t> ids;   ///< (N,), one for each row
  std::vector<std::string> names;  ///< what each id stands for
};

/// A CSV file in memory, whose columns are asked for by name:
/// ```
/// const data::Table houses = data::read_csv("houses.csv");
/// const auto [streets, street_names] = houses.categories("street");
/// data::ArrayDataset all{{.inputs = {houses.numbers({"rooms", "area"}), streets},
///                         .targets = {houses.numbers({"price"})}}};
/// ```
class Table {
 public:
  /// The number of rows, without the header.
  std::size_t rows() const noexcept { return rows_.size(); }
  /// The names of all columns, in their order.
  const std::vector<std::string>& names() const noexcept { return names_; }

  /// The numbers of some columns, (N, columns); of all, if none is named. Throws DataError for a cell that has no
  /// finite number, as a value that is missing, and tells its line and column; or if there is no such column.
  Array numbers(const std::vector<std::string>& columns = {}) const;
  /// The categories of a column. Their ids are in the order of their names; or, to read data to test with, their
  /// places in `known`. Throws DataError for a cell that is empty or not among those known, and tells its line; or if
  /// there is no such column.
  Categories categories(const std::string& column,
                        const std::vector<std::string>& known = {}) const;

 private:
  friend Table read_csv(const std::string& path, const CsvOptions& options);
  struct Row {
    std::size_t line;  // where it begins, from 1
    std::vector<std::string> cells;
  };
  explicit Table(std::string path) : path_{std::move(path)} {}
  std::size_t find(const std::string& column) const;
  [[noreturn]] void fail(const Row& row, const std::string& what) const;

  std::string path_;
  std::vector<std::string> names_;
  std::vector<Row> rows_;
};

/// Reads a CSV file. Cells may be in double quotes, which a delimiter, a line's end or, doubled, a quote can be in;
/// blanks around cells do not count, nor do empty lines. Throws DataError if the file cannot be read, has no rows or
/// two columns of a name, or if a row has another number of cells than the first line, and tells the line.
Table read_csv(const std::string& path, const CsvOptions& options = {});

}  // namespace xtape::inline XTAPE_ABI::data
#pragma GCC visibility pop
