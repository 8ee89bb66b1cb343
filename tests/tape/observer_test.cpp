// SPDX-License-Identifier: MIT
// What an observer is told of an op, and what a tape shows of a node.
#include "../support.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

#include <boost/test/unit_test.hpp>

#include <optional>

using namespace test;

BOOST_AUTO_TEST_SUITE(observers)

namespace {

struct OwnOptions {
  int number = 0;
};

// Keeps what it sees of the last op.
struct Watcher : Observer {
  void forward(const Forward& call) override {
    own = leaky = {};
    if (const auto* const options = call.options.as<OwnOptions>()) own = options->number;
    if (const auto* const options = call.options.as<LeakyReluOptions>()) leaky = options->slope;
    value = call.result();
    computed = call.computed();
  }
  std::optional<int> own;
  std::optional<double> leaky;
  std::optional<Value> value;
  std::size_t computed = 0;
};

Variable own_op(const Variable& x, const OwnOptions& options) {
  return record("own", x.value(), given(options), wrt(x, [](Array&) {}));
}

}  // namespace

BOOST_AUTO_TEST_CASE(options_are_seen_under_their_type_only) {
  for (const Mode mode : {Mode::train, Mode::eval}) {
    Tape tape{mode};
    const Variable x = tape.variable(array({2}, {-1, 2}));
    Watcher watcher;
    own_op(x, {.number = 7});
    BOOST_TEST((watcher.own == 7));
    BOOST_TEST(!watcher.leaky);
    leaky_relu(x, {.slope = 0.25});
    BOOST_TEST((watcher.leaky == 0.25));
    BOOST_TEST(!watcher.own);
    square(x);  // without options
    BOOST_TEST(!watcher.own);
    BOOST_TEST(!watcher.leaky);
  }
}

BOOST_AUTO_TEST_CASE(a_result_can_be_kept) {
  Watcher watcher;
  {
    Tape tape{Mode::eval};
    const Variable y = square(tape.variable(array({2}, {-1, 2})));
    BOOST_TEST(&**watcher.value == &y.value());
  }
  BOOST_TEST(same_bits(**watcher.value, array({2}, {1, 4})));
}

// Of what takes no time, no speed is told.
BOOST_AUTO_TEST_CASE(what_is_the_inputs_is_not_computed) {
  Watcher watcher;
  Tape tape;
  const Variable x = tape.input(zeros({4, 3}));
  square(x);
  BOOST_TEST(watcher.computed == 12u);
  flatten(x);
  BOOST_TEST(watcher.computed == 0u);
  reshape(x, {12});
  BOOST_TEST(watcher.computed == 0u);
}

BOOST_AUTO_TEST_CASE(given_options_change_no_gradient) {
  Tape tape;
  const Variable x = tape.variable(array({2}, {-1, 2}));
  tape.backward(sum(own_op(x, {})));
  BOOST_TEST(same_bits(x.grad(), full({2}, 1)));
}

BOOST_AUTO_TEST_CASE(nodes_can_be_read) {
  Parameter p{zeros({3, 2})};
  Tape tape;
  const Variable v = tape.variable(zeros({2}));
  v* tape.parameter(p) + tape.input(zeros({2}));
  BOOST_REQUIRE(tape.size() == 4u);
  BOOST_TEST(tape.node(0).op.name == std::string{"variable"});
  BOOST_TEST((tape.node(1).parameter == &p));
  const Tape::Recorded product = tape.node(2), sum = tape.node(3);
  BOOST_TEST(product.op.name == std::string{"mul"});
  BOOST_TEST((product.shape == Shape{3, 2}));
  BOOST_TEST((product.parameter == nullptr));
  BOOST_TEST((product.inputs == std::vector<std::uint32_t>{0, 1}));
  BOOST_TEST((sum.inputs == std::vector<std::uint32_t>{2}));  // not the constant
}

BOOST_AUTO_TEST_SUITE_END()
