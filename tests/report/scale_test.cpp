// SPDX-License-Identifier: MIT
#include <html.hpp>
#include <scale.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

using namespace report;

BOOST_AUTO_TEST_SUITE(scale)

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::string labels(const Scale& scale) {
  std::string text;
  for (const Tick& tick : scale.ticks) text += (text.empty() ? "" : " ") + tick.label;
  return text;
}

std::string linear(std::vector<double> values) { return labels(linear_scale(values)); }
std::string positive(std::vector<double> values) { return labels(positive_scale(values)); }
std::string share(std::vector<double> values) { return labels(share_scale(values)); }

}  // namespace

BOOST_AUTO_TEST_CASE(linear_ticks_are_round_and_reach_around_the_values) {
  BOOST_TEST(linear({0, 1}) == "0.0 0.2 0.4 0.6 0.8 1.0");
  BOOST_TEST(linear({0.03, 0.11}) == "0.02 0.04 0.06 0.08 0.10 0.12");
  BOOST_TEST(linear({-3, 98}) == "-50 0 50 100");
  BOOST_TEST(linear({12000, 13000}) == "12000 12200 12400 12600 12800 13000");
  BOOST_TEST(linear({7, 7}) == "6.0 6.5 7.0 7.5 8.0");
  BOOST_TEST(linear({0, 0}) == "-0.6 -0.4 -0.2 0.0 0.2 0.4 0.6");
}

// Few ticks, rising, each with a short label of its own, around all values.
void check_axis(const Scale& scale, const std::vector<double>& values) {
  BOOST_TEST(scale.low < scale.high);
  BOOST_TEST(scale.ticks.size() >= 2u);
  BOOST_TEST(scale.ticks.size() <= 13u);
  for (std::size_t i = 0; i < scale.ticks.size(); ++i) {
    BOOST_TEST(scale.ticks[i].label.size() <= 20u, scale.ticks[i].label);
    if (i == 0) continue;
    BOOST_TEST(scale.ticks[i - 1].value < scale.ticks[i].value);
    BOOST_TEST(scale.ticks[i - 1].label != scale.ticks[i].label);
  }
  for (double x : values) BOOST_TEST((scale.at(x) >= 0 && scale.at(x) <= 1), x);
}

BOOST_AUTO_TEST_CASE(any_numbers_get_an_axis) {
  using Limits = std::numeric_limits<double>;
  const double mean = (0.1 + 0.1 + 0.1) / 3;  // one unit in the last place above 0.1
  BOOST_TEST(mean != 0.1);
  const std::vector<std::vector<double>> ranges = {{mean, 0.1},
                                                   {mean, 0.1, 0.098},
                                                   {mean, 0.1, 0},
                                                   {0.98, std::nextafter(0.98, 1)},
                                                   {-mean, -0.1},
                                                   {1e9, 1e9 + 1},
                                                   {3e38, std::nextafter(3e38, 0)},
                                                   {2e-45, 1.4e-45},
                                                   {Limits::max(), -Limits::max()},
                                                   {Limits::max(), 1},
                                                   {Limits::max()},
                                                   {-Limits::max()},
                                                   {Limits::min(), 0},
                                                   {Limits::denorm_min(), 0},
                                                   {Limits::denorm_min()},
                                                   {Limits::denorm_min(), Limits::max()},
                                                   {Limits::denorm_min(), 1e-300},
                                                   {1e-160, 1e-140},
                                                   {1e140, 1e160},
                                                   {1e20, 1.5e20}};
  for (const std::vector<double>& values : ranges) {
    check_axis(linear_scale(values), values);
    check_axis(positive_scale(values), values);
    check_axis(share_scale(values), values);
  }
  BOOST_TEST(linear({mean, 0.1}) == "0.090 0.095 0.100 0.105 0.110");
  BOOST_TEST(share({mean, 0.1}) == "9.0 9.5 10.0 10.5 11.0");
  BOOST_TEST(share({mean, 0.1, 0.098}) == "9.80 9.85 9.90 9.95 10.00");
}

BOOST_AUTO_TEST_CASE(labels_of_large_and_small_numbers_are_short) {
  BOOST_TEST(linear({1e20, 1.4e20}) == "1.0·10²⁰ 1.1·10²⁰ 1.2·10²⁰ 1.3·10²⁰ 1.4·10²⁰");
  BOOST_TEST(linear({0, 4e-7}) == "0 1·10⁻⁷ 2·10⁻⁷ 3·10⁻⁷ 4·10⁻⁷");
  BOOST_TEST(linear({0, 400000}) == "0 100000 200000 300000 400000");
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_does_not_count) {
  BOOST_TEST(linear({0, not_a_number, 1, infinity, -infinity}) == linear({0, 1}));
  BOOST_TEST(positive({not_a_number, 0.01, 1, infinity}) == positive({0.01, 1}));
  BOOST_TEST(linear({}) == linear({0, 1}));
  BOOST_TEST(positive({not_a_number}) == linear({0, 1}));
  BOOST_TEST(share({}) == "0 20 40 60 80 100");
}

BOOST_AUTO_TEST_CASE(values_of_many_sizes_get_a_logarithmic_scale) {
  BOOST_TEST(positive({0.03, 1.2}) == "0.05 0.1 0.2 0.5 1");
  BOOST_TEST(positive({1, 9380}) == "1 10 100 1000 10,000");
  BOOST_TEST(positive({1e-7, 1e30}) == "10⁻⁷ 1 10⁷ 10¹⁴ 10²¹ 10²⁸");
  BOOST_TEST((positive_scale(std::vector<double>{1, 7.9}).kind == Scale::Kind::linear));
  BOOST_TEST((positive_scale(std::vector<double>{1, 8}).kind == Scale::Kind::logarithmic));
  BOOST_TEST((positive_scale(std::vector<double>{0, 8}).kind == Scale::Kind::linear));
}

BOOST_AUTO_TEST_CASE(shares_near_one_are_told_apart) {
  BOOST_TEST(share({0.75, 0.99}) == "80 90 95 98 99");
  BOOST_TEST(share({0.1, 0.9989}) == "0 90 99 99.9");
  BOOST_TEST(share({0.985, 0.99}) == "98.5 98.6 98.7 98.8 98.9 99.0");
  BOOST_TEST(share({0.5, 1}) == "50 60 70 80 90 100");
  const Scale scale = share_scale(std::vector<double>{0.75, 0.99});
  BOOST_TEST(scale.at(0.99) - scale.at(0.98) == scale.at(0.98) - scale.at(0.96),
             boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(shares_do_not_pass_one) {
  const Scale scale = share_scale(std::vector<double>{0.9788});
  BOOST_TEST(scale.high == 1);
  BOOST_TEST(labels(scale) == "85 90 95 100");
  BOOST_TEST(share_scale(std::vector<double>{0, 0.001}).low == 0);
}

BOOST_AUTO_TEST_CASE(places_go_from_0_to_1) {
  for (const Scale& scale :
       {linear_scale(std::vector<double>{3, 8}), positive_scale(std::vector<double>{0.01, 8}),
        share_scale(std::vector<double>{0.75, 0.99})}) {
    BOOST_TEST(scale.at(scale.low) == 0);
    BOOST_TEST(scale.at(scale.high) == 1);
    for (std::size_t i = 0; i < scale.ticks.size(); ++i) {
      BOOST_TEST(scale.at(scale.ticks[i].value) >= 0);
      BOOST_TEST(scale.at(scale.ticks[i].value) <= 1);
      if (i > 0) BOOST_TEST(scale.ticks[i - 1].value < scale.ticks[i].value);
    }
  }
  const Scale logarithmic = positive_scale(std::vector<double>{0.01, 1});
  BOOST_TEST(logarithmic.at(0.1) == 0.5, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(std::isnan(logarithmic.at(0)));
  BOOST_TEST(std::isnan(logarithmic.at(-1)));
  BOOST_TEST(std::isnan(logarithmic.at(not_a_number)));
}

BOOST_AUTO_TEST_CASE(epochs_have_whole_numbers) {
  BOOST_TEST(labels(count_scale(1)) == "1");
  BOOST_TEST(count_scale(1).at(1) == 0.5);
  BOOST_TEST(labels(count_scale(3)) == "1 2 3");
  BOOST_TEST(labels(count_scale(10)) == "1 2 4 6 8 10");
  BOOST_TEST(labels(count_scale(100)) == "1 20 40 60 80 100");
}

BOOST_AUTO_TEST_CASE(numbers_for_readers) {
  BOOST_TEST(percent(0.9893) == "98.93");
  BOOST_TEST(percent(1) == "100.00");
  BOOST_TEST(fixed(0.03506, 4) == "0.0351");
  BOOST_TEST(fixed(not_a_number, 2) == "–");
  BOOST_TEST(fixed(infinity, 2) == "∞");
  BOOST_TEST(brief(53.62) == "53.6");
  BOOST_TEST(brief(625) == "625");
  BOOST_TEST(brief(9.9996) == "10.0");
  BOOST_TEST(brief(9.99e-5) == "9.99·10⁻⁵");
  BOOST_TEST(brief(9.999e-6) == "10⁻⁵");
  BOOST_TEST(brief(0.0351) == "0.0351");
  BOOST_TEST(brief(1e-5) == "10⁻⁵");
  BOOST_TEST(brief(2.13e-5) == "2.13·10⁻⁵");
  BOOST_TEST(brief(-4.5e12) == "-4.50·10¹²");
  BOOST_TEST(grouped(999) == "999");
  BOOST_TEST(grouped(1234567) == "1,234,567");
  BOOST_TEST(grouped(-1234) == "-1,234");
  BOOST_TEST(counted(1, "epoch") == "1 epoch");
  BOOST_TEST(counted(60000, "image") == "60,000 images");
}

BOOST_AUTO_TEST_SUITE_END()
