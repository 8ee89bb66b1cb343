// SPDX-License-Identifier: MIT
// Programs that a launcher starts several times: they train together, and one of them tells.
#include "../distributed/launch.hpp"
#include "support.hpp"

BOOST_AUTO_TEST_SUITE(processes)

namespace {

// A program's last line, up to what took time.
std::string result(const Outcome& outcome) {
  const auto all = lines(outcome.out);
  return all.empty() ? "" : all.back().substr(0, all.back().find(" seconds"));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_trainer_gives_the_same_weights_and_says_so_once) {
  test::by_each_launcher([](const std::string& launcher) {
    const std::string mnist =
        "\"$BIN/mnist\" --distributed --shards 4 --threads 1 --model mlp --limit 400 --epochs 2 "
        "--save ";
    const Outcome one = run(mnist + "one"), two = run(test::start(launcher, 2) + mnist + "two");
    BOOST_TEST_CONTEXT(two.out << two.err) {
      BOOST_REQUIRE(one.status == 0);
      BOOST_REQUIRE(two.status == 0);
      BOOST_TEST(read_file(Workspace::path() / "one") == read_file(Workspace::path() / "two"));
      BOOST_TEST(result(one) == result(two));
      BOOST_TEST(lines(one.out).size() == lines(two.out).size());
    }
  });
}

BOOST_AUTO_TEST_CASE(an_example_prints_the_same_for_any_number_of_processes) {
  test::by_one_launcher([](const std::string& launcher) {
    const std::string alone = run("\"$BIN/data_parallel\"").out;
    BOOST_TEST(contains(alone, "test accuracy"));
    for (const int ranks : {2, 4}) {
      const Outcome outcome = run(test::start(launcher, ranks) + "\"$BIN/data_parallel\"");
      BOOST_TEST_CONTEXT(ranks << " ranks\n" << outcome.err) BOOST_TEST(outcome.out == alone);
    }
  });
}

BOOST_AUTO_TEST_SUITE_END()
