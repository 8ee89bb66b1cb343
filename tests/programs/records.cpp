// SPDX-License-Identifier: MIT
// The records: what they print, not how fast they are.
#include "../pattern.hpp"
#include "support.hpp"

BOOST_AUTO_TEST_SUITE(records)

namespace {

Outcome few(const std::string& options) { return run("\"$BIN/mnist99\" --limit 2000 " + options); }

// What the last line says of a number, and that its lines are there.
double number(const Outcome& outcome, const std::string& name) {
  BOOST_REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
  const auto found = test::search(outcome.out, "test accuracy .* " + name + R"( (\d+\.\d+) )");
  BOOST_REQUIRE_MESSAGE(!found.empty(), outcome.out);
  return std::stod(found[1]);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_line_per_seed_and_their_mean) {
  const Outcome outcome = few("--seeds 2 --threads 1");
  BOOST_REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
  const auto seed = [&](const std::string& number) {
    const auto found = test::search(outcome.out, "seed " + number +
                                                     R"(: ([01]\.\d{4}) in (\d+\.\d\d) s)"
                                                     "\n");
    BOOST_REQUIRE_MESSAGE(!found.empty(), outcome.out);
    return std::stod(found[1]);
  };
  const auto last = test::search(
      outcome.out, R"(test accuracy ([01]\.\d{5}) deviation (\d\.\d{5}) lowest ([01]\.\d{4}) )"
                   R"(seconds \d+\.\d{3} deviation \d+\.\d{3} GFLOP (\d+\.\d) GFLOP/s \d+)"
                   "\n$");
  BOOST_REQUIRE_MESSAGE(!last.empty(), outcome.out);
  const double first = seed("1"), second = seed("2");
  BOOST_TEST(std::abs(std::stod(last[1]) - (first + second) / 2) < 1e-5);
  BOOST_TEST(std::abs(std::stod(last[2]) - std::abs(first - second) / std::sqrt(2)) < 1e-5);
  BOOST_TEST(std::stod(last[3]) == std::min(first, second));
  // A sample's forward pass, and about twice that backward, in multiplications and additions.
  const double sample = 2 * (20. * 20 * 16 * 25 + 8. * 8 * 56 * 16 * 9 + 896 * 256 + 2560);
  BOOST_TEST(std::stod(last[4]) * 1e9 > 2000 * 2.5 * sample);
  BOOST_TEST(std::stod(last[4]) * 1e9 < 2000 * 3.0 * sample);
}

BOOST_AUTO_TEST_CASE(pictures_in_colour) {
  const Outcome outcome = run("\"$BIN/cifar94\" --data pictures --limit 32 --seeds 1");
  // Of the convolutions and the last layer, for 32 images and nine epochs.
  const double sample =
      2 * (31. * 31 * 24 * 12 + 31. * 31 * 64 * 24 * 9 + 15. * 15 * 64 * 64 * 9 +
           15. * 15 * 256 * 64 * 9 + 7. * 7 * 256 * 256 * 9 * 2 + 3. * 3 * 256 * 256 * 9 + 2560);
  BOOST_TEST(number(outcome, "GFLOP") * 1e9 > 9 * 32 * 2.5 * sample);
  BOOST_TEST(number(outcome, "GFLOP") * 1e9 < 9 * 32 * 3.05 * sample);
}

BOOST_AUTO_TEST_CASE(wrong_options) {
  BOOST_TEST(few("--seeds 0").status != 0);
  BOOST_TEST(few("--dataset cifar").status != 0);
  BOOST_TEST(few("--data nowhere").status == 1);
}

BOOST_AUTO_TEST_SUITE_END()
