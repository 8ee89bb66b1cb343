// SPDX-License-Identifier: MIT
// Files that a reader and writer of other making understands, and makes: read_safetensors.py.
#include "training.hpp"

#include <paths.hpp>

#include <sstream>

using namespace test;

BOOST_AUTO_TEST_SUITE(other_software)

namespace {

// Whether a command of the shell succeeds.
bool run(const std::string& command) { return std::system(command.c_str()) == 0; }

// A python3 that has numpy, or nothing, after a notice.
std::string python() {
  static const std::string found = [] {
    for (const std::string each : {"/usr/bin/python3", "python3"})
      if (run(each + " -c 'import numpy' 2>/dev/null")) return each;
    notice("there is no python3 with numpy");
    return std::string{};
  }();
  return found;
}

bool run_script(const std::string& arguments) {
  return run(python() + " \"" XTAPE_INCLUDE "/../tests/io/read_safetensors.py\" " + arguments);
}

// What the script shows of an array: its shape in brackets, and the elements.
template <class Numbers>
void check_shown(std::string line, const std::string& shape, const Numbers& numbers) {
  BOOST_REQUIRE(line.starts_with(shape + ' '));
  std::istringstream shown{line.substr(shape.size())};
  std::string word;
  for (const auto number : numbers) {
    BOOST_REQUIRE(shown >> word);
    if constexpr (std::is_integral_v<std::decay_t<decltype(number)>>)
      BOOST_TEST(word == std::to_string(number));
    else
      BOOST_TEST(std::strtod(word.c_str(), nullptr) == static_cast<double>(number));
  }
  BOOST_TEST(!(shown >> word));
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_reads_a_checkpoint) {
  if (python().empty()) return;
  const Directory directory;
  Training training{3};
  training.checkpoint.save(directory / "run");
  BOOST_REQUIRE(run_script("show " + directory / "run" + " >" + directory / "shown"));
  std::map<std::string, std::string> shown;  // by name and type
  std::istringstream lines{read_bytes(directory / "shown")};
  for (std::string name, type, rest; lines >> name >> type && std::getline(lines, rest);)
    shown[name + ' ' + type] = rest.substr(1);
  const std::string scalar = is_double ? " F64" : " F32";
  BOOST_TEST(shown.size() == 14u);
  check_shown(shown.at("weight" + scalar), "[2, 2]", elements(training.model.weight.value()));
  check_shown(shown.at("bias" + scalar), "[2]", elements(training.model.bias.value()));
  check_shown(shown.at("training.average" + scalar), "[3]", elements(training.average));
  check_shown(shown.at("training.adam.weight.v" + scalar), "[2, 2]",
              elements(training.adam.state(training.model.weight)[1]));
  check_shown(shown.at("training.losses F64"), "[4]", training.losses);
  check_shown(shown.at("training.best F64"), "[]", std::vector{training.best});
  check_shown(shown.at("training.epoch U64"), "[]", std::vector{training.epoch});
}

BOOST_AUTO_TEST_CASE(what_it_writes_is_read) {
  if (python().empty()) return;
  const Directory directory;
  Training saved{3}, loaded{2};
  saved.checkpoint.save(directory / "run");
  BOOST_REQUIRE(run_script("copy " + directory / "run" + ' ' + directory / "copy"));
  BOOST_TEST(read_bytes(directory / "run") != read_bytes(directory / "copy"));  // in another order
  loaded.checkpoint.load(directory / "copy");
  BOOST_TEST(loaded.same(saved));
}

// All of them, as numpy converts them.
BOOST_AUTO_TEST_CASE(numbers_of_16_bits_are_read) {
  if (python().empty()) return;
  const Directory directory;
  BOOST_REQUIRE(run_script("halves " + directory / "halves"));
  const Shape shape{65536};
  Parameter half{zeros(shape)}, half_as_float{zeros(shape)}, bfloat{zeros(shape)},
      bfloat_as_float{zeros(shape)};
  load_weights(directory / "halves", {{"half", &half},
                                      {"half_as_float", &half_as_float},
                                      {"bfloat", &bfloat},
                                      {"bfloat_as_float", &bfloat_as_float}});
  const auto differences = [](const Parameter& found, const Parameter& expected) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      const Scalar a = found.value()(i), b = expected.value()(i);
      count += std::isnan(b) ? !std::isnan(a) : a != b || std::signbit(a) != std::signbit(b);
    }
    return count;
  };
  BOOST_TEST(half_as_float.value()(0x3555) == Scalar{0.333251953125f});
  BOOST_TEST(differences(half, half_as_float) == 0u);
  BOOST_TEST(differences(bfloat, bfloat_as_float) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
