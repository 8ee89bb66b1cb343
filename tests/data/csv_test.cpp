// SPDX-License-Identifier: MIT
// Tables from CSV files.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace test;

namespace {

struct Csv {
  Directory directory;
  std::string path(const std::string& text) const {
    return write(directory / "t.csv", Bytes(text.begin(), text.end())).string();
  }
  data::Table table(const std::string& text, const data::CsvOptions& options = {}) const {
    return data::read_csv(path(text), options);
  }
  // The error of reading a table and asking it for something, without the directory.
  template <class Ask>
  std::string error(const std::string& text, Ask ask) const {
    std::string what = error_of<DataError>([&] { ask(table(text)); });
    const std::string folder = directory.path().string() + "/";
    if (const std::size_t at = what.find(folder); at != what.npos) what.erase(at, folder.size());
    return what;
  }
  std::string error(const std::string& text) const {
    return error(text, [](const data::Table&) {});
  }
};

std::vector<double> elements(const Array& array) { return {array.begin(), array.end()}; }

const std::string houses =
    "rooms,street,price\n3,High Street,1.5e3\n4,\"Main, \"\"Old\"\"\",-.25\n";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(csv, Csv)

BOOST_AUTO_TEST_CASE(has_numbers_and_categories_by_column) {
  const data::Table table = this->table(houses);
  BOOST_TEST(table.rows() == 2u);
  BOOST_TEST((table.names() == std::vector<std::string>{"rooms", "street", "price"}));
  const Array numbers = table.numbers({"price", "rooms"});
  BOOST_TEST((numbers.shape() == Shape{2, 2}));
  BOOST_TEST((elements(numbers) == std::vector<double>{1500, 3, -0.25, 4}));
  const auto [ids, names] = table.categories("street");
  BOOST_TEST((names == std::vector<std::string>{"High Street", "Main, \"Old\""}));
  BOOST_TEST((ids == std::vector<std::int32_t>{0, 1}));
  const auto known = table.categories("street", {"Main, \"Old\"", "Side", "High Street"});
  BOOST_TEST((known.ids == std::vector<std::int32_t>{2, 0}));
  BOOST_TEST(known.names.size() == 3u);
  const data::ArrayDataset dataset{table.numbers({"rooms"}), ids};
  BOOST_TEST(dataset.size() == 2u);
}

BOOST_AUTO_TEST_CASE(is_read_as_programs_write_it) {
  const std::vector<double> expected{1, 2, 3, 4};
  for (const std::string text : {"a,b\r\n1,2\r\n3,4\r\n", "a,b\n1,2\n3,4",
                                 "\xef\xbb\xbf"
                                 "a,b\n1,2\n\n3,4\n\n",
                                 "\"a\",\"b\"\n\"1\" ,\"2\"\n 3 ,\t4 \n"})
    BOOST_TEST((elements(table(text).numbers({"a", "b"})) == expected), text);
  BOOST_TEST(
      (elements(table("1;2\n3;4\n", {.delimiter = ';', .header = false}).numbers()) == expected));
  const data::Table tabs = table("a\tb\n\t2\n", {.delimiter = '\t'});
  BOOST_TEST((elements(tabs.numbers({"b"})) == std::vector<double>{2}));
  const data::Table lines = table("a,b\n\"two\nlines\",1\nx,?\n");
  BOOST_TEST(lines.categories("a").names[0] == "two\nlines");
  BOOST_TEST(error_of<DataError>([&] {
               lines.numbers({"b"});
             }).ends_with("t.csv, line 4: expected a number in the column b, found \"?\""));
}

BOOST_AUTO_TEST_CASE(tells_the_line_of_what_is_missing_or_wrong) {
  const auto numbers = [](const data::Table& table) { table.numbers(); };
  BOOST_TEST(error("a,b\n1,2\n3,\n", numbers) ==
             "[csv] t.csv, line 3: expected a number in the column b, found nothing");
  for (const std::string bad : {"NA", "1x", "nan", "inf", "1e999", "0x10", "1 2"})
    BOOST_TEST(error("a,b\n1," + bad + "\n", numbers) ==
               "[csv] t.csv, line 2: expected a number in the column b, found \"" + bad + "\"");
  BOOST_TEST(error("a,b\n1,2\n3\n") ==
             "[csv] t.csv, line 3: expected 2 cells, as the first line has, found 1");
  BOOST_TEST(error("a,b\n1,2,3\n") ==
             "[csv] t.csv, line 2: expected 2 cells, as the first line has, found 3");
  BOOST_TEST(
      error("a,b\n1,\"2\n3,4\n") ==
      "[csv] t.csv, line 2: expected quotes at the end of a cell, found the end of the file");
  BOOST_TEST(error("a,b\n1,\"2\"3\n") ==
             "[csv] t.csv, line 2: expected a delimiter or the end of the line, found \"3\"");
}

BOOST_AUTO_TEST_CASE(tells_of_columns_and_categories_that_are_not_there) {
  BOOST_TEST(error(houses, [](const data::Table& table) { table.numbers({"area"}); }) ==
             "[csv] t.csv: expected a column area, found rooms, street, price");
  BOOST_TEST(error(houses,
                   [](const data::Table& table) {
                     table.categories("street", {"High Street", "Side"});
                   }) ==
             "[csv] t.csv, line 3: expected a category in the column street that is known: "
             "High Street, Side, found \"Main, \\\"Old\\\"\"");
  BOOST_TEST(error("a,b\nx,1\n,2\n", [](const data::Table& table) { table.categories("a"); }) ==
             "[csv] t.csv, line 3: expected a category in the column a, found nothing");
  BOOST_TEST(error("a,a\n1,2\n") ==
             "[csv] t.csv: expected a name for each column, found two called \"a\"");
  for (const std::string none : {"", "\n\n", "a,b\n"})
    BOOST_TEST(error(none) == "[csv] t.csv: expected rows of cells, found none");
  BOOST_TEST(error_of<DataError>([] { data::read_csv("none.csv"); }) ==
             "[csv] cannot read none.csv: No such file or directory");
}

BOOST_AUTO_TEST_SUITE_END()
