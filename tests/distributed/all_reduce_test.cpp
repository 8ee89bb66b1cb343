// SPDX-License-Identifier: MIT
// Gradients of several passes, in one process: what several would add up.
#include "../support.hpp"

#include <xtape/distributed.hpp>
#include <xtape/ops.hpp>

#include <boost/test/unit_test.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(all_reduce)

namespace {

struct Counting : Visitor {
  void visit(Parameter&) override { ++visits; }
  std::size_t visits = 0;
};

// Keeps how often it was used, and is one more of it.
struct Counter {
  Variable operator()(const Variable& x) {
    used.value = (x.tape().input(used.value) + Scalar(1)).shared_value();
    return x * x.tape().parameter(weight);
  }
  void parameters(ParameterList& list) { list("weight", weight), list("used", used); }

  Parameter weight{Array{2}};
  Buffer used{Array{5}};
};

}  // namespace

BOOST_AUTO_TEST_CASE(shards_are_added_along_the_documented_tree) {
  distributed::World world;
  distributed::AllReduce all_reduce{world, {.shards = 4}};
  Parameter a{Array{1, 1, 1}};
  for (const bool weighted : {false, true}) {
    Counting behind;
    std::vector<Array> gradients;
    for (std::uint64_t s = 0; s < 4; ++s) {
      gradients.push_back(random({3}, -1, 1, s));
      if (weighted) all_reduce.weighted(s % 2 == 0 ? 3 : 2);
      Tape tape;
      const Variable loss = sum(tape.parameter(a) * tape.input(Array{gradients[s]}));
      tape.backward(loss, all_reduce, behind);
      BOOST_TEST(behind.visits == (s == 3 ? 1u : 0u));
      BOOST_TEST(all_reduce.complete() == (s == 3));
    }
    for (std::size_t i = 0; i < 3; ++i) {
      const auto g = [&](std::size_t s) { return gradients[s](i); };
      const Scalar sum = (g(0) + g(1)) + (g(2) + g(3));
      BOOST_TEST(a.grad()(i) == (weighted ? sum / Scalar(10) : sum));
    }
  }
  BOOST_CHECK_THROW(all_reduce.weighted(-1), ValueError);
}

// The gradient of 5 w is divided by the sum of the weights, unless that is 0.
BOOST_AUTO_TEST_CASE(weights_may_be_0_and_those_of_one_pass) {
  distributed::World world;
  Parameter a{Array{1, 1}};
  const auto gradient = [&](std::vector<double> weights) {
    distributed::AllReduce all_reduce{world, {.shards = weights.size()}};
    for (const double weight : weights) {
      Tape tape;
      tape.backward(sum(tape.parameter(a)) * (5 * weight), all_reduce.weighted(weight));
    }
    return a.grad()(1);
  };
  BOOST_TEST(gradient({0, 2}) == 5);
  BOOST_TEST(gradient({0, 0}) == 0);
  BOOST_TEST(gradient({4}) == 5);
}

BOOST_AUTO_TEST_CASE(passes_of_a_step_must_have_the_same_parameters) {
  distributed::World world;
  distributed::AllReduce all_reduce{world, {.shards = 2}};
  Parameter a{Array{1, 1}}, b{Array{1, 1}};
  {
    Tape tape;
    tape.backward(sum(tape.parameter(a)), all_reduce);
  }
  Tape tape;
  const Variable loss = sum(tape.parameter(a) * tape.parameter(b));
  BOOST_CHECK_THROW(tape.backward(loss, all_reduce), ValueError);
}

BOOST_AUTO_TEST_CASE(passes_begin_with_the_buffers_of_the_step_before) {
  distributed::World world;
  Counter model;
  distributed::AllReduce all_reduce{world, model, {.shards = 2}};
  for (const double expected : {6, 7}) {
    for (int pass = 0; pass < 2; ++pass) {
      BOOST_TEST(elements(*model.used.value)[0] == expected - 1);
      Tape tape;
      tape.backward(sum(model(tape.input(Array{1}))), all_reduce);
    }
    BOOST_TEST(elements(*model.used.value)[0] == expected);
  }
}

BOOST_AUTO_TEST_CASE(one_shard_of_one_rank_is_left_as_it_is) {
  distributed::World world;
  Counter model;
  distributed::AllReduce all_reduce{world, model};
  BOOST_TEST(all_reduce.select({}).empty());
  Tape tape;
  Counting behind;
  tape.backward(sum(model(tape.input(Array{3}))), all_reduce, behind);
  BOOST_TEST(behind.visits == 1u);
  BOOST_TEST(elements(model.weight.grad())[0] == 3);
  BOOST_TEST(elements(*model.used.value)[0] == 6);
}

BOOST_AUTO_TEST_SUITE_END()
