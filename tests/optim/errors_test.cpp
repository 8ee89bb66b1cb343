// SPDX-License-Identifier: MIT
#include "model.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using namespace test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// Whether an error's text begins with `text`, up to the line number.
auto says(std::string text) {
  return [text](const Error& error) {
    const bool right = std::string{error.what()}.starts_with(text);
    if (!right) BOOST_TEST_MESSAGE("it says: " << error.what());
    return right;
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(options_out_of_range) {
  const auto check = [](auto make, std::string text) {
    BOOST_CHECK_EXCEPTION(make(), ValueError, says(text + " at errors_test.cpp:"));
  };
  check([] { Adam{{.learning_rate = -1}}; },
        "[adam] learning_rate must be finite and at least 0, got -1");
  check([] { SGD{{.learning_rate = not_a_number}}; },
        "[sgd] learning_rate must be finite and at least 0, got nan");
  check([] { AdamW{{.learning_rate = infinity}}; },
        "[adamw] learning_rate must be finite and at least 0, got inf");
  check([] { SGD{{.momentum = 1}}; }, "[sgd] momentum must be in [0, 1), got 1");
  check([] { SGD{{.nesterov = true}}; }, "[sgd] nesterov needs a momentum above 0, got 0");
  check([] { SGD{{.weight_decay = -0.1}}; },
        "[sgd] weight_decay must be finite and at least 0, got -0.1");
  check([] { Adagrad{{.initial_accumulator = -1}}; },
        "[adagrad] initial_accumulator must be finite and at least 0, got -1");
  check([] { Adagrad{{.epsilon = -1}}; },
        "[adagrad] epsilon must be finite and at least 0, got -1");
  check([] { Adagrad{{.learning_rate_decay = -1}}; },
        "[adagrad] learning_rate_decay must be finite and at least 0, got -1");
  check([] { Adagrad{{.weight_decay = not_a_number}}; },
        "[adagrad] weight_decay must be finite and at least 0, got nan");
  check([] { Adadelta{{.rho = 1.5}}; }, "[adadelta] rho must be in [0, 1), got 1.5");
  check([] { Adadelta{{.epsilon = -1e-7}}; },
        "[adadelta] epsilon must be finite and at least 0, got -1e-07");
  check([] { Adadelta{{.weight_decay = -1}}; },
        "[adadelta] weight_decay must be finite and at least 0, got -1");
  check([] { RMSprop{{.rho = -0.1}}; }, "[rmsprop] rho must be in [0, 1), got -0.1");
  check([] { RMSprop{{.momentum = not_a_number}}; },
        "[rmsprop] momentum must be in [0, 1), got nan");
  check([] { RMSprop{{.epsilon = not_a_number}}; },
        "[rmsprop] epsilon must be finite and at least 0, got nan");
  check([] { RMSprop{{.weight_decay = -1}}; },
        "[rmsprop] weight_decay must be finite and at least 0, got -1");
  check([] { Adam{{.beta1 = 1}}; }, "[adam] beta1 must be in [0, 1), got 1");
  check([] { Adam{{.beta2 = -1}}; }, "[adam] beta2 must be in [0, 1), got -1");
  check([] { Adam{{.epsilon = infinity}}; },
        "[adam] epsilon must be finite and at least 0, got inf");
  check([] { Adam{{.weight_decay = -1}}; },
        "[adam] weight_decay must be finite and at least 0, got -1");
  check([] { AdamW{{.beta2 = 2}}; }, "[adamw] beta2 must be in [0, 1), got 2");
  check([] { AdamW{{.weight_decay = -1}}; },
        "[adamw] weight_decay must be finite and at least 0, got -1");
  check([] { AdamW{{.learning_rate = 0, .decay_form = AdamW::DecayForm::times_schedule}}; },
        "[adamw] times_schedule needs a learning_rate above 0, got 0");
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
