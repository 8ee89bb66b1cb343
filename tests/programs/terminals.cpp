// SPDX-License-Identifier: MIT
// What a person sees of the programs on terminals of some sizes, and on those that cannot redraw.
#include "../pattern.hpp"
#include "screen.hpp"

#include <algorithm>
#include <array>

BOOST_AUTO_TEST_SUITE(terminals)

namespace {

const std::string training = "\"$BIN/mnist\" --model mlp --epochs 2 --limit 640";
const std::string number = "[0-9]+\\.[0-9]+";
const std::string epoch = "epoch [12]/2  train loss " + number + " accuracy " + number +
                          "  test loss " + number + " accuracy " + number + "  [0-9]+ samples/s, " +
                          number + " s";

// Without spaces, which a terminal does not tell from nothing at the end of a line.
std::string dense(std::string text) {
  std::erase(text, ' ');
  return text;
}

std::size_t count(const std::vector<std::string>& lines, const std::string& begin) {
  return static_cast<std::size_t>(
      std::ranges::count_if(lines, [&](const auto& line) { return line.starts_with(begin); }));
}

}  // namespace

// What stays are the lines of a log, wrapped where the terminal is narrower, and nothing of a bar.
BOOST_AUTO_TEST_CASE(a_training_leaves_its_log) {
  const std::string expected =
      dense("mlp, 235146 parameters.*" + epoch + epoch + "test accuracy " + number + " loss " +
            number + " seconds " + number + " images/s [0-9]+");
  for (const unsigned short columns : std::array<unsigned short, 5>{20, 60, 80, 100, 200}) {
    const Terminal terminal{.columns = columns};
    const Outcome outcome = run_on(terminal, training);
    BOOST_TEST(outcome.status == 0);
    BOOST_TEST(contains(outcome.out, "\r\033[Kepoch 1/2"), outcome.out);
    std::string all;
    for (const std::string& line : shown(terminal, outcome.out)) all += line;
    BOOST_TEST(test::fits(dense(all), expected), "of " << columns << " columns: " << all);
  }
}

BOOST_AUTO_TEST_CASE(a_comparison_leaves_one_table) {
  for (const unsigned short rows : std::array<unsigned short, 3>{24, 5, 2})
    for (const unsigned short columns : std::array<unsigned short, 3>{40, 80, 200}) {
      const Terminal terminal{rows, columns};
      const std::string folder = "table-" + std::to_string(rows) + "-" + std::to_string(columns);
      const Outcome outcome =
          run_on(terminal,
                 "\"$BIN/compare_optimizers\" --model mlp --limit 640 --epochs 1 --out " + folder);
      BOOST_TEST(outcome.status == 0);
      const auto lines = shown(terminal, outcome.out);
      BOOST_TEST_CONTEXT(rows << " rows, " << columns << " columns:\n" << outcome.out) {
        BOOST_TEST(lines.size() == 8u);  // the head, six optimizers, the page's name
        for (const char* const begin : {"optimizer ", "adam ", "adadelta ", "momentum ", "table-"})
          BOOST_TEST(count(lines, begin) == 1u, begin);
      }
    }
}

BOOST_AUTO_TEST_CASE(a_terminal_that_cannot_redraw_gets_lines) {
  for (const std::string kind : {"dumb", ""})
    for (const std::string& command :
         {training,
          "\"$BIN/compare_optimizers\" --model mlp --limit 640 --epochs 1 --optimizers "
          "sgd --out plain" +
              kind}) {
      const Outcome outcome = run_on({.kind = kind}, command);
      BOOST_TEST(outcome.status == 0);
      BOOST_TEST(!contains(outcome.out, "\033"), outcome.out);
      BOOST_TEST(std::ranges::count(outcome.out, '\r') == std::ranges::count(outcome.out, '\n'));
    }
}

BOOST_AUTO_TEST_SUITE_END()
