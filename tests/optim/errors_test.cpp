// SPDX-License-Identifier: MIT
#include "cases.hpp"

#include <boost/test/unit_test.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(errors)

namespace {

// Whether an error's text begins with `text`, up to the line number.
auto says(std::string text) {
  return [text](const Error& error) {
    const bool right = std::string{error.what()}.starts_with(text);
    if (!right) BOOST_TEST_MESSAGE("it says: " << error.what());
    return right;
  };
}

}  // namespace

BOOST_AUTO_TEST_CASE(options_out_of_range) {
  for (const Case& each : cases())
    for (const auto& [make, error] : each.refused)
      BOOST_CHECK_EXCEPTION(make(), ValueError, says(error + " at cases.cpp:"));
}

BOOST_AUTO_TEST_CASE(a_learning_rate_that_is_refused_changes_nothing) {
  Adam adam;
  BOOST_CHECK_EXCEPTION(
      adam.set_learning_rate(-2), ValueError,
      says("[adam] learning_rate must be finite and at least 0, got -2 at errors_test.cpp:"));
  BOOST_TEST(adam.learning_rate() == 0.001);
  adam.set_learning_rate(0);
  BOOST_TEST(adam.learning_rate() == 0);
}

BOOST_AUTO_TEST_CASE(shapes_that_do_not_fit) {
  Parameter p = Model::make({2, 3});
  Parameter* pass[] = {&p};
  Adam adam;
  walk(pass, adam);
  const Array value = p.value();

  p.grad() = zeros({6});
  BOOST_CHECK_EXCEPTION(walk(pass, adam), ShapeError,
                        says("[adam] expected a gradient of shape (2, 3), got (6,); was the "));
  BOOST_TEST((p.value() == value));

  p.value() = zeros({4});
  p.grad() = zeros({4});
  BOOST_CHECK_EXCEPTION(walk(pass, adam), ShapeError,
                        says("[adam] expected the state m of shape (4,), got (2, 3); was the "));
  adam.reset();
  walk(pass, adam);
  BOOST_TEST((adam.state(p)[0].shape() == p.shape()));
}

BOOST_AUTO_TEST_SUITE_END()
