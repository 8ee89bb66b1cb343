// SPDX-License-Identifier: MIT
// Ops with several results, and functions that add to a gradient.
#include "../support.hpp"

#include <xtape/ops.hpp>
#include <xtape/testing.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>

using namespace test;

namespace {

void check_elements(const Array& a, std::initializer_list<double> expected) {
  BOOST_TEST(elements(a) == std::vector<double>(expected), boost::test_tools::per_element());
}

// The sine and the cosine, with what `seen` is told of their gradients.
PooledVector<Variable> sine_and_cosine(const Variable& x,
                                       std::function<void(const Gradients&)> seen = {}) {
  const Value v = x.shared_value();
  Array s = uninitialized(v->shape()), c = s;
  for (std::size_t i = 0; i < s.size(); ++i) {
    s.data()[i] = std::sin(v->data()[i]);
    c.data()[i] = std::cos(v->data()[i]);
  }
  const Value sine = std::move(s), cosine = std::move(c);
  return record("sine_and_cosine", {sine, cosine}, wrt(x, [=](const Gradients& g) {
                  if (seen) seen(g);
                  Array dx = zeros(sine->shape());
                  for (std::size_t i = 0; i < dx.size(); ++i) {
                    if (g[0] != nullptr) dx.data()[i] += g[0]->data()[i] * cosine->data()[i];
                    if (g[1] != nullptr) dx.data()[i] -= g[1]->data()[i] * sine->data()[i];
                  }
                  return dx;
                }));
}

// Row `row` of a matrix, whose gradient is added in place.
Variable row_of(const Variable& x, std::size_t row) {
  const std::size_t columns = x.shape()[1];
  Array y = uninitialized({columns});
  std::copy_n(x.value().data() + row * columns, columns, y.data());
  return record("row_of", std::move(y), wrt(x, [=](const Array& g, Array& sum) {
                  for (std::size_t i = 0; i < columns; ++i)
                    sum.data()[row * columns + i] += g.data()[i];
                }));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(several_results)

BOOST_AUTO_TEST_CASE(have_the_gradients_that_differences_have) {
  const auto both = [](std::span<const Variable> in) {
    const auto r = sine_and_cosine(in[0]);
    return r[0] * r[1] * r[1] + r[0];
  };
  BOOST_TEST(testing::gradient_error(both, {random({3, 2})}) < testing::gradient_tolerance);
  for (const std::size_t only : {0, 1}) {
    const auto one = [only](std::span<const Variable> in) {
      return square(sine_and_cosine(in[0])[only]);
    };
    BOOST_TEST(testing::gradient_error(one, {random({3, 2})}) < testing::gradient_tolerance);
  }
}

BOOST_AUTO_TEST_CASE(are_told_which_the_loss_depends_on) {
  for (const bool first : {true, false})
    for (const bool second : {true, false}) {
      int calls = 0;
      Tape tape;
      const Variable x = tape.variable(array({2}, {0.5, 1}));
      const auto r = sine_and_cosine(x, [&](const Gradients& g) {
        ++calls;
        BOOST_TEST(g.size() == 2u);
        BOOST_TEST((g[0] != nullptr) == first);
        BOOST_TEST((g[1] != nullptr) == second);
      });
      BOOST_TEST(tape.size() == 3u);
      Variable loss = sum(x);
      if (first) loss = loss + sum(r[0]);
      if (second) loss = loss + sum(r[1]);
      tape.backward(loss);
      BOOST_TEST(calls == (first || second));
    }
}

BOOST_AUTO_TEST_CASE(may_be_the_loss_themselves) {
  Tape tape;
  const Variable x = tape.variable(full({}, Scalar{0.5}));
  tape.backward(sine_and_cosine(x)[1]);
  BOOST_TEST(x.grad()() == -std::sin(Scalar{0.5}));
}

BOOST_AUTO_TEST_CASE(of_constants_are_constants) {
  Tape tape;
  for (const Variable& r : sine_and_cosine(tape.input(array({2}, {1, 2}))))
    BOOST_TEST(!r.needs_grad());
  BOOST_TEST(tape.size() == 0u);
}

BOOST_AUTO_TEST_CASE(are_nodes_with_the_inputs_of_their_op) {
  Tape tape;
  const Variable x = tape.variable(zeros({6}));
  const auto parts = split(x, {.sizes = {1, 2, 3}});
  const Variable y = square(parts[2]);
  BOOST_TEST(tape.size() == 5u);
  for (const std::uint32_t i : {1, 2, 3}) {
    BOOST_TEST(tape.node(i).op.name == std::string{"split"});
    BOOST_TEST((tape.node(i).shape == Shape{i}));
    BOOST_TEST((tape.node(i).inputs == std::vector<std::uint32_t>{0}));
  }
  BOOST_TEST((tape.node(4).inputs == std::vector<std::uint32_t>{3}));
  BOOST_CHECK_EXCEPTION(parts[1].grad(), TapeError, [](const TapeError& error) {
    return error.message() == "the gradient of the result of [split] is not kept";
  });
}

BOOST_AUTO_TEST_CASE(are_seen_by_observers) {
  struct Watcher : Observer {
    void forward(const Forward& call) override {
      results = call.results.size();
      computed = call.computed();
    }
    void backward(const Backward& call) override { nodes.push_back(call.node); }
    std::size_t results = 0, computed = 0;
    std::vector<std::uint32_t> nodes;
  } watcher;
  Tape tape;
  const auto parts = split(tape.variable(zeros({6})), {.sizes = {1, 2, 3}});
  BOOST_TEST(watcher.results == 3u);
  BOOST_TEST(watcher.computed == 6u);
  const Variable loss = sum(parts[0]) + sum(parts[2]);
  tape.backward(loss);
  watcher.nodes.erase(watcher.nodes.begin(), watcher.nodes.end() - 2);
  BOOST_TEST((watcher.nodes == std::vector<std::uint32_t>{1, 3}));
}

BOOST_AUTO_TEST_CASE(are_at_least_one) {
  Tape tape;
  const Variable x = tape.variable(zeros({2}));
  const auto pull = [](const Gradients&) -> Array { return zeros({2}); };
  BOOST_CHECK_EXCEPTION(
      record("none", PooledVector<Value>{}, wrt(x, pull)), TapeError,
      [](const TapeError& error) { return error.message() == "expected at least one result"; });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(functions_that_add)

BOOST_AUTO_TEST_CASE(add_to_what_is_there) {
  Tape tape;
  const Variable x = tape.variable(counting({3, 2}));
  tape.backward(sum(row_of(x, 0)) + 2 * sum(row_of(x, 2)) + sum(x * 10) + sum(row_of(x, 0)));
  check_elements(x.grad(), {12, 12, 10, 10, 12, 12});
}

BOOST_AUTO_TEST_CASE(begin_with_zeros) {
  Tape tape;
  const Variable x = tape.variable(counting({3, 2}));
  tape.backward(sum(row_of(x, 1) * row_of(x, 1)));
  check_elements(x.grad(), {0, 0, 4, 6, 0, 0});
}

// As of an embedding: rows of a large table cost their own size, not the table's.
BOOST_AUTO_TEST_CASE(make_one_array_for_all_uses) {
  struct Watcher : Observer {
    void input_gradient(const InputGradient&) override {
      most = std::max(most, memory_stats().in_use);
    }
    std::size_t most = 0;
  } watcher;
  const std::size_t table = 1000 * 16;
  Tape tape;
  const Variable x = tape.variable(random({1000, 16}));
  Variable loss = sum(slice(x, {.begin = 0, .end = 1}));
  for (std::ptrdiff_t i = 1; i < 50; ++i)
    loss = loss + static_cast<double>(i + 1) * sum(slice(x, {.begin = i, .end = i + 1}));
  const std::size_t in_use = memory_stats().in_use;
  tape.backward(loss);
  BOOST_TEST(watcher.most < in_use + 3 * table * sizeof(Scalar) / 2);
  for (std::size_t i = 0; i < 1000; ++i)
    for (std::size_t j = 0; j < 16; ++j)
      BOOST_TEST(x.grad()(i, j) == static_cast<Scalar>(i < 50 ? i + 1 : 0));
}

BOOST_AUTO_TEST_CASE(keep_the_shape) {
  Tape tape;
  const Variable x = tape.variable(zeros({2, 3}));
  const Variable y = record("growing", zeros({2}), wrt(x, [](const Array&, Array& sum) {
                              sum = zeros({2, 3, 4});
                            }));
  BOOST_CHECK_EXCEPTION(tape.backward(sum(y)), ShapeError, [](const ShapeError& error) {
    return error.message() == "the gradient of an input of shape (2, 3) has the shape (2, 3, 4)" &&
           std::string{error.what()}.starts_with("[growing]");
  });
}

BOOST_AUTO_TEST_SUITE_END()
