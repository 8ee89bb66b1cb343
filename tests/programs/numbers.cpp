// SPDX-License-Identifier: MIT
// Each option that is a number takes what is written, or refuses it.
#include "../pattern.hpp"
#include "support.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>

BOOST_AUTO_TEST_SUITE(numbers)

namespace {

struct Option {
  std::string name, type;
};

// The options of a program that take a number, by its help.
std::vector<Option> numbers_of(const std::string& program) {
  const std::string help = run("\"$BIN/" + program + "\" --help").out;
  std::vector<Option> all;
  for (const auto& found : test::search_all(help, "\n  (--[a-z-]+) (UINT|INT|FLOAT)"))
    all.push_back({found[1], found[2]});
  return all;
}

const std::vector<std::string> no_numbers = {"ten", "1x",  " 1", "1 ",    "0x10", "+1",
                                             "1,5", "--1", "-1", "1e999", "inf",  "nan"};
const std::vector<std::string> not_whole = {"1e3", "1.0", ".5", "18446744073709551616",
                                            "99999999999999999999999"};

nlohmann::json results(const std::string& folder) {
  return nlohmann::json::parse(read_file(Workspace::path() / folder / "results.json"));
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_option_refuses_what_it_cannot_be) {
  for (const std::string program : {"mnist", "compare_optimizers"}) {
    const auto options = numbers_of(program);
    BOOST_TEST(options.size() >= (program == "mnist" ? 8u : 5u), program);
    for (const auto& [name, type] : options) {
      std::vector<std::string> values = no_numbers;
      if (type != "FLOAT") values.insert(values.end(), not_whole.begin(), not_whole.end());
      for (const std::string& value : values) {
        const Outcome outcome =
            run("\"$BIN/" + program + "\" --data /nowhere " + name + "='" + value + "'");
        BOOST_TEST(outcome.status > 1, program << ' ' << name << ' ' << value);
        BOOST_TEST(outcome.out == "");
        BOOST_TEST(contains(outcome.err, name + ": expected a "), outcome.err);
        BOOST_TEST(contains(outcome.err, "got " + value), outcome.err);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_number_is_what_is_written) {
  const std::string quick = "--model mlp --limit 64 --quiet ";
  for (const auto& [written, seed] :
       {std::pair{"18446744073709551615", ~std::uint64_t{0}}, std::pair{"010", std::uint64_t{10}},
        std::pair{"09", std::uint64_t{9}}, std::pair{"0", std::uint64_t{0}}}) {
    const std::string folder = std::string{"seed-"} + written;
    const Outcome outcome = train(quick + "--epochs 001 --report " + folder + " --seed " + written);
    BOOST_TEST(outcome.status == 0, outcome.err);
    BOOST_TEST(results(folder).at("runs").at(0).at("seed").get<std::uint64_t>() == seed);
  }
  const Outcome outcome = train(quick + "--epochs 1 --report rate --learning-rate 2.5e-3");
  BOOST_TEST(outcome.status == 0, outcome.err);
  BOOST_TEST(results("rate").at("runs").at(0).at("learning_rate").get<double>() == 0.0025);
}

BOOST_AUTO_TEST_CASE(quickstart_takes_a_number_of_epochs) {
  for (const std::string value : {"ten", "0", "-1", "1e3", "1x", "99999999999", "''"}) {
    const Outcome outcome = run("\"$BIN/quickstart\" " + value);
    BOOST_TEST(outcome.status == 2, value);
    BOOST_TEST(outcome.err == "usage: quickstart [epochs]\n", value);
  }
}

BOOST_AUTO_TEST_SUITE_END()
