// SPDX-License-Identifier: MIT
#include "support.hpp"

#include <statistics.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

using namespace report;

BOOST_AUTO_TEST_SUITE(statistics)

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
double accuracy(const Epoch& epoch) { return epoch.test_accuracy; }

Run run(std::string optimizer, std::uint64_t seed, std::vector<double> accuracies,
        bool complete = true) {
  Run run;
  run.optimizer = std::move(optimizer);
  run.seed = seed;
  run.learning_rate = 0.1;
  run.complete = complete;
  for (double a : accuracies) {
    Epoch e;
    e.test_accuracy = a;
    e.data_seconds = 1;
    e.forward_seconds = 2;
    e.backward_seconds = 4;
    e.update_seconds = 8;
    e.test_seconds = 16;
    run.epochs.push_back(e);
  }
  return run;
}

}  // namespace

BOOST_AUTO_TEST_CASE(mean_and_deviation) {
  // By hand: the mean is 5, squares 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32, over 7.
  const Spread s = spread(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9});
  BOOST_TEST(s.mean == 5);
  BOOST_TEST(s.deviation == std::sqrt(32.0 / 7), boost::test_tools::tolerance(1e-15));
  BOOST_TEST(s.low == 2);
  BOOST_TEST(s.high == 9);
}

BOOST_AUTO_TEST_CASE(one_value_has_no_deviation) {
  const Spread s = spread(std::vector<double>{0.25});
  BOOST_TEST(s.mean == 0.25);
  BOOST_TEST(std::isnan(s.deviation));
}

BOOST_AUTO_TEST_CASE(no_value_and_nan_have_no_mean) {
  BOOST_TEST(std::isnan(spread({}).mean));
  const Spread s = spread(std::vector<double>{1, not_a_number, 3});
  BOOST_TEST(std::isnan(s.mean));
  BOOST_TEST(std::isnan(s.low));
  BOOST_TEST(std::isnan(s.high));
}

BOOST_AUTO_TEST_CASE(the_binomial_error) {
  BOOST_TEST(binomial_error(0.5, 100) == 0.05);
  BOOST_TEST(binomial_error(0.99, 10000) == 0.000994987437, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(binomial_error(1, 10) == 0);
  BOOST_TEST(std::isnan(binomial_error(0.5, 0)));
}

BOOST_AUTO_TEST_CASE(the_error_of_an_accuracy_is_the_larger_of_test_set_and_seeds) {
  Results results;
  results.runs = {run("a", 1, {0.25}), run("a", 2, {0.75}), run("b", 1, {0.5})};
  const auto all = groups(results);
  const auto accuracy_error = [](const Group& group, std::size_t samples) {
    return Score{Results{.test_samples = samples}}.error(group);
  };
  // sqrt(2 / 16) / sqrt(2) = 0.25
  BOOST_TEST(accuracy_error(all[0], 100) == 0.25, boost::test_tools::tolerance(1e-15));
  BOOST_TEST(accuracy_error(all[0], 1) == 0.5);
  BOOST_TEST(accuracy_error(all[0], 0) == 0.25, boost::test_tools::tolerance(1e-15));
  BOOST_TEST(accuracy_error(all[1], 100) == 0.05);
  BOOST_TEST(std::isnan(accuracy_error(all[1], 0)));
}

BOOST_AUTO_TEST_CASE(runs_are_grouped_in_the_order_of_their_optimizers) {
  Results results;
  results.runs = {run("b", 1, {0.5}), run("a", 1, {0.6}), run("b", 2, {0.7})};
  const auto all = groups(results);
  BOOST_TEST_REQUIRE(all.size() == 2u);
  BOOST_TEST(all[0].name == "b");
  BOOST_TEST(all[0].runs.size() == 2u);
  BOOST_TEST(all[1].name == "a");
  BOOST_TEST(last(all[0], accuracy).mean == 0.6, boost::test_tools::tolerance(1e-15));
  BOOST_TEST(best_run(all[0], Score{results})->seed == 2u);
}

BOOST_AUTO_TEST_CASE(learning_rates_are_kept_apart_and_named) {
  Results results;
  results.runs = {run("sgd", 1, {0.5}), run("sgd", 1, {0.6}), run("adam", 1, {0.7})};
  results.runs[1].learning_rate = 0.01;
  const auto all = groups(results);
  BOOST_TEST_REQUIRE(all.size() == 3u);
  BOOST_TEST(all[0].name == "sgd 0.1");
  BOOST_TEST(all[1].name == "sgd 0.01");
  BOOST_TEST(all[2].name == "adam");
}

BOOST_AUTO_TEST_CASE(only_complete_runs_count_if_there_are_some) {
  Results results;
  results.runs = {run("a", 1, {0.5, 0.9}), run("a", 2, {0.1}, false), run("a", 3, {0.7, 0.2})};
  results.runs[2].epochs[1].train_loss = not_a_number;
  BOOST_TEST((state(results.runs[0]) == State::complete));
  BOOST_TEST((state(results.runs[1]) == State::running));
  BOOST_TEST((state(results.runs[2]) == State::diverged));
  const auto all = groups(results);
  BOOST_TEST((all[0].state == State::complete));
  BOOST_TEST(all[0].counted.size() == 1u);
  BOOST_TEST(last(all[0], accuracy).mean == 0.9);
  BOOST_TEST(all[0].number_of(State::diverged) == 1u);
}

BOOST_AUTO_TEST_CASE(of_runs_in_progress_the_epochs_that_all_have_count) {
  Results results;
  results.runs = {run("a", 1, {0.5, 0.9, 0.95}, false), run("a", 2, {0.1, 0.3}, false),
                  run("a", 3, {}, false)};
  const auto all = groups(results);
  BOOST_TEST((all[0].state == State::running));
  BOOST_TEST(all[0].epochs == 2u);
  const auto means = curve(all[0], accuracy);
  BOOST_TEST_REQUIRE(means.size() == 2u);
  BOOST_TEST(means[0].mean == 0.3, boost::test_tools::tolerance(1e-15));
  BOOST_TEST(means[1].low == 0.3);
  BOOST_TEST(means[1].high == 0.9);
}

BOOST_AUTO_TEST_CASE(a_group_without_an_epoch_has_no_figures) {
  Results results;
  results.runs = {run("a", 1, {}, false)};
  const auto all = groups(results);
  BOOST_TEST((all[0].state == State::waiting));
  BOOST_TEST(std::isnan(last(all[0], accuracy).mean));
  BOOST_TEST(std::isnan(mean_total(all[0], total_seconds)));
  BOOST_TEST(curve(all[0], accuracy).empty());
  BOOST_TEST(best_run(all[0], Score{results}) == nullptr);
}

BOOST_AUTO_TEST_CASE(seconds_are_summed_over_epochs) {
  Results results;
  results.runs = {run("a", 1, {0.5, 0.9}), run("a", 2, {0.5, 0.9})};
  const auto all = groups(results);
  BOOST_TEST(mean_total(all[0], train_seconds) == 30);
  BOOST_TEST(mean_total(all[0], total_seconds) == 62);
}

BOOST_AUTO_TEST_CASE(of_runs_in_progress_the_seconds_of_the_epochs_that_all_have_count) {
  Results results;
  results.runs = {run("a", 1, {0.5, 0.9, 0.95}, false), run("a", 2, {0.5, 0.9}, false)};
  BOOST_TEST(mean_total(groups(results)[0], total_seconds) == 62);
  results.runs[0].complete = results.runs[1].complete = true;  // the second has stopped early
  BOOST_TEST(mean_total(groups(results)[0], total_seconds) == 77.5);
}

BOOST_AUTO_TEST_CASE(the_best_loss_is_the_lowest) {
  Results results{.accuracies = false};
  results.runs = {run("a", 1, {0.5}), run("a", 2, {0.5}), run("a", 3, {0.5})};
  const double losses[3] = {0.3, 0.2, std::numeric_limits<double>::infinity()};
  for (std::size_t i = 0; i < 3; ++i) results.runs[i].epochs[0].test_loss = losses[i];
  BOOST_TEST(best_run(groups(results)[0], Score{results})->seed == 2u);
  results.accuracies = true;
  BOOST_TEST(best_run(groups(results)[0], Score{results})->seed == 1u);
}

BOOST_AUTO_TEST_CASE(a_run_without_an_accuracy_is_not_the_best) {
  Results results;
  results.runs = {run("a", 1, {0.5, not_a_number}), run("a", 2, {0.3}),
                  run("a", 3, {not_a_number})};
  BOOST_TEST(best_run(groups(results)[0], Score{results})->seed == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
