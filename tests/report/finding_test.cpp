// SPDX-License-Identifier: MIT
#include "support.hpp"

#include <formats.hpp>
#include <html.hpp>
#include <sections.hpp>

#include <boost/test/unit_test.hpp>

#include <limits>
#include <utility>

using namespace report;
using namespace test;

BOOST_AUTO_TEST_SUITE(findings)

namespace {

std::string finding_of(const Results& results) { return finding(results, titled_groups(results)); }

}  // namespace

BOOST_AUTO_TEST_CASE(the_finding_is_the_best_optimizer) {
  Results results = sample();
  // Accuracies that a hand can check: means of three seeds, 99.10 and 98.50.
  const double accuracies[3] = {0.990, 0.991, 0.992};
  for (std::size_t i = 0; i < results.runs.size(); ++i)
    results.runs[i].epochs.back().test_accuracy =
        results.runs[i].optimizer == "momentum" ? accuracies[i / 6] : 0.985;
  BOOST_TEST(finding_of(results) ==
             "SGD with momentum reached 99.10 % accuracy on the test set after 10 epochs (mean of "
             "3 seeds), "
             "Adam 98.50 %.");
  // sqrt((0.991 * 0.009 + 0.9905 * 0.0095) / 10000) = 0.001353
  for (Run& run : results.runs)
    if (run.optimizer == "sgd") run.epochs.back().test_accuracy = 0.9905;
  BOOST_TEST(
      finding_of(results) ==
      "SGD with momentum reached 99.10 % accuracy on the test set after 10 epochs (mean of "
      "3 seeds), "
      "SGD 99.05 %; "
      "the difference of 0.05 points may be chance, as it is less than twice its standard error, "
      "0.27 points.");
}

// Of losses the lowest is the best, and seeds alone tell what may be chance.
BOOST_AUTO_TEST_CASE(without_accuracies_losses_are_compared) {
  Results results = sample();
  results.accuracies = false;
  const double losses[3] = {104.9, 105.0, 105.1};  // a deviation of 0.1
  for (std::size_t i = 0; i < results.runs.size(); ++i)
    results.runs[i].epochs.back().test_loss = results.runs[i].optimizer == "momentum"
                                                  ? losses[i / 6]
                                              : results.runs[i].optimizer == "rmsprop" ? 105.25
                                                                                       : 200;
  BOOST_TEST(
      finding_of(results) ==
      "SGD with momentum reached a loss of 105.0000 on the test set after 10 epochs (mean of "
      "3 seeds), RMSprop 105.2500.");
  // 2 * 0.1 / sqrt(3) = 0.1155
  for (Run& run : results.runs)
    if (run.optimizer == "rmsprop") run.epochs.back().test_loss = 105.1;
  BOOST_TEST(finding_of(results).ends_with(
      "RMSprop 105.1000; the difference of 0.1000 may be chance, as it is less than twice its "
      "standard error, 0.1155."));
  results.runs.resize(1);
  results.runs[0].epochs.back().test_loss = std::numeric_limits<double>::infinity();
  results.runs[0].complete = true;
  BOOST_TEST(finding_of(results) == "1 run diverged.");
}

BOOST_AUTO_TEST_CASE(seeds_that_differ_more_than_chance_in_the_test_set_count_by_their_spread) {
  Results results = sample();
  const double accuracies[3] = {0.985, 0.991, 0.997};  // a deviation of 0.006
  for (std::size_t i = 0; i < results.runs.size(); ++i)
    results.runs[i].epochs.back().test_accuracy =
        results.runs[i].optimizer == "momentum" ? accuracies[i / 6] : 0.986;
  // sqrt(0.006^2 / 3 + 0.986 * 0.014 / 10000) = 0.003657; of the test set alone: 0.001507
  BOOST_TEST(finding_of(results).ends_with(
      "Adam 98.60 %; the difference of 0.50 points may be chance, as it is less than twice its "
      "standard error, 0.73 points."));
  for (Run& run : results.runs)
    if (run.optimizer == "momentum") run.epochs.back().test_accuracy = 0.991;
  BOOST_TEST(finding_of(results).ends_with("Adam 98.60 %."));
}

BOOST_AUTO_TEST_CASE(a_diverged_run_is_done_and_has_no_accuracy) {
  Results results = interrupted_sample();
  for (Run& run : results.runs) run.complete = true;
  std::erase_if(results.runs, [](const Run& run) { return run.epochs.empty(); });
  BOOST_TEST(finding_of(results).ends_with(" points. 4 runs diverged."));
  const std::string page = to_html(results);
  BOOST_TEST(!contains(without_data(page), "nan"));
  BOOST_TEST(contains(page,
                      "<th scope=\"row\">Adagrad <small>diverged</small></th><td>3</td>"
                      "<td class=\"key\">–</td><td>–</td><td>∞</td><td>–</td>"));
  BOOST_TEST(contains(page, "<h3>Adagrad, seed 1 <small>diverged</small></h3>"));
  // The axes are those of the other epochs.
  Results others = results;
  for (Run& run : others.runs)
    if (state(run) == State::diverged) run.epochs.pop_back();
  const std::string ticks = "class=\"tick end\"[^>]*>([^<]*)<";
  BOOST_TEST(
      matches(without_data(page), ticks, 1) == matches(without_data(to_html(others)), ticks, 1),
      boost::test_tools::per_element());
  results = small_sample();
  results.runs[0].epochs[0].test_loss = std::numeric_limits<double>::quiet_NaN();
  BOOST_TEST(finding_of(results) == "1 run diverged.");
  results = small_sample();
  results.runs[0].epochs[0].test_accuracy = std::numeric_limits<double>::quiet_NaN();
  BOOST_TEST(finding_of(results) == "No run has a test accuracy.");
}

BOOST_AUTO_TEST_CASE(optimizers_are_named_as_people_write) {
  Results results;
  results.titles = {{"sgd", "SGD"}, {"nesterov", "SGD with Nesterov momentum"}};
  results.runs = {
      {.optimizer = "nesterov"}, {.optimizer = "own"}, {.optimizer = "own", .learning_rate = 0.5}};
  const auto all = titled_groups(results);
  BOOST_TEST_REQUIRE(all.size() == 3u);
  BOOST_TEST(all[0].name == "SGD with Nesterov momentum");
  BOOST_TEST(all[1].name == "own 0");
  BOOST_TEST(all[2].name == "own 0.5");
  results.runs = {{.optimizer = "sgd", .learning_rate = 0.01}, {.optimizer = "sgd"}};
  BOOST_TEST(titled_groups(results)[0].name == "SGD 0.01");
  BOOST_TEST(contains(to_html(sample()), "<p class=\"finding\">Adam reached "));
  BOOST_TEST(!contains(to_csv(sample()), "Adam"));
}

BOOST_AUTO_TEST_CASE(the_finding_of_one_run_and_of_none) {
  Results results = small_sample();
  results.runs[0].epochs[0].test_accuracy = 0.9;
  BOOST_TEST(finding_of(results).starts_with(
      "Adam reached 90.00 % accuracy on the test set after 1 epoch, in 5.3"));
  results.runs[0].complete = false;
  BOOST_TEST(finding_of(results) == "So far 0 of 1 run done.");
  results.runs.clear();
  BOOST_TEST(finding_of(results) == "There are no runs.");
}

BOOST_AUTO_TEST_CASE(what_is_left_out_is_said) {
  const Results results = interrupted_sample();
  const auto all = titled_groups(results);
  BOOST_TEST(caveat(all[0], results) == "");
  BOOST_TEST(caveat(all[1], results) ==
             "RMSprop: seed 2 diverged in epoch 4; the figures are of 2 of its 3 runs.");
  BOOST_TEST(caveat(all[3], results) ==
             "Adadelta: seed 1 is in progress, 4 of 10 epochs; seed 2 has no epoch yet; seed 3 has "
             "no epoch "
             "yet; the figures are of 1 of its 3 runs.");
  const std::string page = to_html(results);
  for (const Group& group : all) BOOST_TEST(contains(page, escape(caveat(group, results))));
  BOOST_TEST(contains(page, "<th scope=\"row\">Adagrad <small>diverged</small></th>"));
  BOOST_TEST(
      contains(page, "<th scope=\"row\">Adadelta <small>so far: 4 of 10 epochs</small></th>"));
  BOOST_TEST(
      finding_of(results).ends_with(" This is not the last word: 14 of 18 runs done, 4 diverged."));
}

BOOST_AUTO_TEST_SUITE_END()
