// SPDX-License-Identifier: MIT
#include "model.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using namespace test;

BOOST_AUTO_TEST_SUITE(clip)

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::vector<double> gradients(Model& model) {
  std::vector<double> all;
  for (Parameter* p : model.all())
    all.insert(all.end(), p->grad().data(), p->grad().data() + p->size());
  return all;
}

double norm_of(const std::vector<double>& g) {
  double sum = 0;
  for (double x : g) sum += x * x;
  return std::sqrt(sum);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_norm_above_the_limit_is_scaled_to_it) {
  Model model;
  set_gradients(model, 1);
  const std::vector<double> before = gradients(model);
  const double norm = norm_of(before);
  ClipNorm clip{2};
  BOOST_TEST(clip.norm() == 0);
  visit(model, clip);
  BOOST_TEST(clip.norm() == norm, boost::test_tools::tolerance(1e-13));
  BOOST_TEST(norm > 2);
  const std::vector<double> after = gradients(model);
  for (std::size_t i = 0; i < before.size(); ++i)
    BOOST_REQUIRE_SMALL(after[i] - before[i] * 2 / norm, 1e-15);
  BOOST_TEST(norm_of(after) == 2, boost::test_tools::tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(a_norm_below_the_limit_is_left_alone) {
  Model model;
  set_gradients(model, 1);
  const std::vector<double> before = gradients(model);
  const double norm = norm_of(before);
  for (double limit : {norm * 1.001, infinity}) {
    ClipNorm clip{limit};
    visit(model, clip);
    BOOST_TEST(gradients(model) == before);
    BOOST_TEST(clip.norm() == norm, boost::test_tools::tolerance(1e-13));
  }
}

BOOST_AUTO_TEST_CASE(a_norm_that_is_not_finite_makes_all_gradients_nan) {
  for (double bad : {not_a_number, infinity, -infinity}) {
    Model model;
    set_gradients(model, 1);
    model.large.grad().data()[40000] = bad;
    ClipNorm clip{1};
    visit(model, clip);
    BOOST_TEST(!std::isfinite(clip.norm()));
    for (double g : gradients(model)) BOOST_REQUIRE(std::isnan(g));
  }
}

// Where squares, and at 1e308 the norm itself, do not fit into a double, and the factor is not normal.
BOOST_AUTO_TEST_CASE(norms_of_any_size_are_scaled) {
  for (double size : {1e200, 1e308, 1e-200})
    for (double share : {1.0, 1e-10}) {
      Parameter p{zeros({4})};
      p.grad() = full({4}, size);
      Parameter* const all[] = {&p};
      const double limit = share * std::min(size, 1.0);
      ClipNorm clip{limit};
      walk(all, clip);
      BOOST_TEST(clip.norm() == 2 * size);
      for (double g : p.grad()) BOOST_TEST(g == limit / 2, boost::test_tools::tolerance(1e-15));
    }
}

BOOST_AUTO_TEST_CASE(a_norm_of_zero_stays_zero) {
  Model model;
  visit(model, ClipNorm{1});
  BOOST_TEST(norm_of(gradients(model)) == 0);
}

BOOST_AUTO_TEST_CASE(only_the_parameters_of_the_pass_count) {
  Model model;
  set_gradients(model, 1);
  const Array frozen = model.large.grad();
  double sum = 0;
  for (Parameter* p : {&model.small, &model.scalar})
    for (double g : p->grad()) sum += g * g;
  model.large.trainable = false;
  ClipNorm clip{1e-3};
  visit(model, clip);
  BOOST_TEST(clip.norm() == std::sqrt(sum), boost::test_tools::tolerance(1e-13));
  BOOST_TEST((model.large.grad() == frozen));
}

BOOST_AUTO_TEST_CASE(value) {
  Model model;
  set_gradients(model, 1);
  model.small.grad().data()[3] = infinity;
  model.small.grad().data()[4] = -infinity;
  model.small.grad().data()[5] = not_a_number;
  const std::vector<double> before = gradients(model);
  visit(model, ClipValue{0.05});
  const std::vector<double> after = gradients(model);
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (std::isnan(before[i]))
      BOOST_TEST(std::isnan(after[i]));
    else
      BOOST_REQUIRE_EQUAL(after[i], std::min(std::max(before[i], -0.05), 0.05));
  }
}

BOOST_AUTO_TEST_CASE(they_run_before_the_optimizer) {
  Model model;
  set_gradients(model, 1);
  const double norm = norm_of(gradients(model));
  const double w = model.scalar.value()(), g = model.scalar.grad()();
  visit(model, ClipNorm{1}, SGD{{.learning_rate = 1}});
  BOOST_TEST(model.scalar.value()() == w - g / norm, boost::test_tools::tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(limits_that_make_no_sense) {
  const auto starts = [](std::string start) {
    return [=](const ValueError& error) { return std::string{error.what()}.starts_with(start); };
  };
  BOOST_CHECK_EXCEPTION(ClipNorm{0}, ValueError,
                        starts("[clip_norm] max_norm must be above 0, got 0 at clip_test.cpp:"));
  BOOST_CHECK_EXCEPTION(ClipNorm{not_a_number}, ValueError,
                        starts("[clip_norm] max_norm must be above 0, got nan at clip_test.cpp:"));
  BOOST_CHECK_EXCEPTION(ClipValue{-1}, ValueError,
                        starts("[clip_value] limit must be above 0, got -1 at clip_test.cpp:"));
}

BOOST_AUTO_TEST_SUITE_END()
