// SPDX-License-Identifier: MIT
#include "support.hpp"

#include <chart.hpp>
#include <formats.hpp>
#include <html.hpp>
#include <svg.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

using namespace report;
using namespace test;

BOOST_AUTO_TEST_SUITE(chart)

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

Chart chart_of(std::vector<Series> series) {
  return {"c",     "Loss",           "cross-entropy",
          "epoch", count_scale(4),   linear_scale(std::vector<double>{0, 1}),
          brief,   std::move(series)};
}

// The `d` of the first line of this style.
std::string line(const std::string& figure, int style) {
  const auto found =
      matches(figure, "class=\"line s" + std::to_string(style) + "\" d=\"([^\"]*)\"", 1);
  BOOST_TEST_REQUIRE(!found.empty());
  return found.front();
}

std::vector<double> heights_of_names(const std::string& figure) {
  std::vector<double> heights;
  for (const std::string& y : matches(figure, "class=\"name\" x=\"[^\"]*\" y=\"([^\"]*)\"", 1))
    heights.push_back(std::stod(y));
  return heights;
}

}  // namespace

BOOST_AUTO_TEST_CASE(points_are_where_the_axes_say) {
  const std::string text = figure(chart_of({{"adam", 0, {{1, 0}, {2, 0.5}, {3, 1}, {4, 0.2}}}}));
  const auto numbers = matches(line(text, 0), "[0-9.]+");
  BOOST_TEST_REQUIRE(numbers.size() == 8u);
  std::vector<double> x, y;
  for (std::size_t i = 0; i < 8; i += 2) {
    x.push_back(std::stod(numbers[i]));
    y.push_back(std::stod(numbers[i + 1]));
  }
  BOOST_TEST(x[1] - x[0] == x[3] - x[2], boost::test_tools::tolerance(0.01));
  // The lines of the grid at 0.0 and 1.0 are where the points are.
  const auto grid = matches(text, "class=\"grid\" d=\"M[0-9.]+ ([0-9.]+)H", 1);
  BOOST_TEST_REQUIRE(grid.size() == 6u);
  BOOST_TEST(y[0] == std::stod(grid.front()));
  BOOST_TEST(y[2] == std::stod(grid.back()));
  BOOST_TEST(y[1] == (y[0] + y[2]) / 2, boost::test_tools::tolerance(0.001));
  BOOST_TEST(y[3] == std::stod(grid[1]));
}

BOOST_AUTO_TEST_CASE(a_line_is_cut_where_it_has_no_value) {
  const std::string text =
      figure(chart_of({{"adam", 0, {{1, 0}, {2, not_a_number}, {3, 1}, {4, 0.2}}},
                       {"sgd", 1, {{1, not_a_number}}}}));
  BOOST_TEST(matches(line(text, 0), "M").size() == 2u);
  BOOST_TEST(matches(line(text, 0), "L").size() == 1u);
  BOOST_TEST(line(text, 1) == "");
  BOOST_TEST(matches(text, "nan|inf").empty());
  BOOST_TEST(matches(text, "<td>–</td>").size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_band_goes_from_the_lowest_to_the_highest) {
  const std::string none = figure(chart_of({{"adam", 0, {{1, 0.5}, {2, 0.5}}}}));
  BOOST_TEST(matches(none, "class=\"band").empty());
  const std::string text =
      figure(chart_of({{"adam", 0, {{1, 0.5, 0.4, 0.6}, {2, 0.5, 0.2, 0.8}}}}));
  BOOST_TEST(matches(text, "class=\"band s0\"").size() == 1u);
  BOOST_TEST(matches(text, "<td>0.500 <small>0.200–0.800</small></td>").size() == 1u);
}

BOOST_AUTO_TEST_CASE(names_of_nine_lines_that_end_together_do_not_touch) {
  std::vector<Series> series;
  for (std::size_t i = 0; i < 9; ++i)
    series.push_back(
        {"optimizer " + std::to_string(i), i, {{1, 0.2}, {4, 0.01 * static_cast<double>(i % 3)}}});
  std::vector<double> heights = heights_of_names(figure(chart_of(series)));
  BOOST_TEST_REQUIRE(heights.size() == 9u);
  std::sort(heights.begin(), heights.end());
  for (std::size_t i = 1; i < 9; ++i) BOOST_TEST(heights[i] - heights[i - 1] >= 14.9);
  BOOST_TEST(heights.front() > 0);
  BOOST_TEST(heights.back() < 260);
}

BOOST_AUTO_TEST_CASE(one_epoch_is_a_marker) {
  Chart chart = chart_of({{"adam", 0, {{1, 0.5}}}});
  chart.x = count_scale(1);
  BOOST_TEST(matches(figure(chart), "<title>adam, epoch 1: 0.500</title>").size() == 1u);
}

BOOST_AUTO_TEST_CASE(long_names_leave_space_for_the_lines) {
  BOOST_TEST(shortened("backbone.weight") == "backbone.weight");
  BOOST_TEST(shortened("backbone.0.residual.1.weight") == "backbone….1.weight");
  BOOST_TEST(shortened("äöüäöüäöüäöüäöüäöü") == "äöüäöüäöüäöüäöüäöü");
  BOOST_TEST(shortened("äöüäöüäöüäöüäöüäöüäö") == "äöüäöüäö…üäöüäöüäö");
  BOOST_TEST(text_width("äöü") == text_width("aou"));
  const std::string text = figure(chart_of({{std::string(60, 'x'), 0, {{1, 0}, {4, 1}}}}));
  const auto numbers = matches(line(text, 0), "[0-9.]+");
  BOOST_TEST(std::stod(numbers[2]) - std::stod(numbers[0]) > 120);
  BOOST_TEST(matches(text, "<th scope=\"col\">x{60}</th>").size() == 1u);
}

BOOST_AUTO_TEST_CASE(labels_of_the_axis_do_not_touch) {
  Chart chart = chart_of({{"adam", 0, {{1, 0}, {10000, 1}}}});
  chart.x = {.low = 0, .high = 10000, .ticks = {{0, "0"}, {9000, "9,000"}, {10000, "10,000"}}};
  const std::string text = figure(chart);
  BOOST_TEST(matches(text, "class=\"tick middle\"[^>]*>([^<]*)<", 1) ==
                 (std::vector<std::string>{"10,000", "0"}),
             boost::test_tools::per_element());
  BOOST_TEST(matches(text, "v4\"/>").size() == 3u);
}

BOOST_AUTO_TEST_CASE(of_many_points_the_table_has_some) {
  Series series{"loss", 0, {}};
  for (int i = 1; i <= 1000; ++i) series.points.push_back({1.0 * i, 0.5});
  Chart chart = chart_of({series});
  chart.x = count_scale(1000);
  const std::string text = figure(chart);
  const auto rows = matches(text, "<tr><th scope=\"row\">([0-9]+)</th>", 1);
  BOOST_TEST(rows.size() >= 12u);
  BOOST_TEST(rows.size() <= 14u);
  BOOST_TEST(rows.front() == "1");
  BOOST_TEST(rows.back() == "1000");
}

BOOST_AUTO_TEST_CASE(more_parameters_than_styles_get_more_charts) {
  Results results = small_sample();
  Run& run = results.runs[0];
  for (int i = 0; i < 14; ++i) run.parameters.push_back("more." + std::to_string(i));
  for (UpdateSample& sample : run.updates) {
    sample.gradient_norms.resize(20, 1);
    sample.update_ratios.resize(20, 0);  // a weight that stays: no place on a logarithmic scale
  }
  const std::string page = to_html(results);
  for (const char* id : {"model-1-gradients-0", "model-1-gradients-9", "model-1-gradients-18"})
    BOOST_TEST(matches(page, std::string{"id=\""} + id + "-title\"").size() == 1u, id);
  for (const std::string& name : run.parameters)
    BOOST_TEST(matches(page, "<text class=\"name\"[^>]*>" + name + "</text>").size() == 2u);
}

BOOST_AUTO_TEST_CASE(long_runs_are_thinned_out_and_say_so) {
  Results results = small_sample();
  Run& run = results.runs[0];
  const UpdateSample first = run.updates.front();
  run.updates.assign(1200, first);
  for (std::size_t i = 0; i < 1200; ++i) run.updates[i].step = i + 1;
  BOOST_TEST(matches(to_html(results), "One of 3 samples is drawn; results.json has all.").size() ==
             2u);
}

BOOST_AUTO_TEST_SUITE_END()
