// SPDX-License-Identifier: MIT
// When visitors hear of gradients, and that those behind one that is not complete wait.
#include "../support.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

#include <boost/test/unit_test.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(ready)

namespace {

// Writes down what it is told.
struct Listener : Visitor {
  explicit Listener(bool done = true) : is_complete{done} {}
  void ready(Parameter& p) override {
    heard.push_back(&p), gradients.push_back(elements(p.grad()));
  }
  void begin(std::span<Parameter* const>) override { heard_before_begin = heard.size(); }
  void visit(Parameter&) override { ++visits; }
  bool complete() const noexcept override { return is_complete; }

  bool is_complete;
  std::vector<const Parameter*> heard;
  std::vector<std::vector<double>> gradients;
  std::size_t heard_before_begin = 0, visits = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(each_gradient_is_told_once_complete_the_last_used_first) {
  Parameter a{Array{1, 2}}, b{Array{3, 4}}, shared{Array{5, 6}}, unused{Array{7, 8}};
  Tape tape;
  const Variable x = tape.parameter(shared), y = tape.parameter(a), z = tape.parameter(b);
  const Variable loss = sum(x * y * z + x);
  tape.parameter(unused);  // behind the loss
  Listener listener;
  tape.backward(loss, listener);
  BOOST_TEST((listener.heard == std::vector<const Parameter*>{&unused, &b, &a, &shared}));
  BOOST_TEST(listener.heard_before_begin == 4u);
  BOOST_TEST(listener.visits == 4u);
  // What was told is what there is in the end.
  BOOST_TEST((listener.gradients[0] == std::vector<double>{0, 0}));
  BOOST_TEST((listener.gradients[1] == std::vector<double>{5, 12}));
  BOOST_TEST((listener.gradients[2] == std::vector<double>{15, 24}));
  BOOST_TEST((listener.gradients[3] == std::vector<double>{4, 9}));
  BOOST_TEST((elements(shared.grad()) == std::vector<double>{4, 9}));
}

BOOST_AUTO_TEST_CASE(a_visitor_for_some_parameters_hears_of_these) {
  Parameter a{Array{1, 2}}, b{Array{3, 4}};
  Tape tape;
  const Variable loss = sum(tape.parameter(a) * tape.parameter(b));
  const std::vector<NamedParameter> some{{"b", &b}};
  Listener listener;
  tape.backward(loss, only(some, listener));
  BOOST_TEST((listener.heard == std::vector<const Parameter*>{&b}));
}

BOOST_AUTO_TEST_CASE(those_behind_one_that_is_not_complete_wait) {
  Parameter a{Array{1, 2}};
  Listener before, waiting{false}, behind;
  Tape tape;
  tape.backward(sum(tape.parameter(a)), before, waiting, behind);
  BOOST_TEST(before.visits == 1u);
  BOOST_TEST(waiting.visits == 1u);
  BOOST_TEST(behind.visits == 0u);
  BOOST_TEST(behind.heard.size() == 1u);
  Dense model{{.in = 2, .out = 1}, *std::make_unique<Rng>(1)};
  visit(model, waiting, behind);
  BOOST_TEST(behind.visits == 0u);
  waiting.is_complete = true;
  visit(model, waiting, behind);
  BOOST_TEST(behind.visits == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
