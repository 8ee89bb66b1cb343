// SPDX-License-Identifier: MIT
// What the tape does with what ops record: accumulate, prune, undo broadcasting, store.
#include "../support.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

#include <boost/test/unit_test.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(gradients)

namespace {

// d f(x) / dx for a scalar f(x).
Array gradient_of(const Array& x, const std::function<Variable(const Variable&)>& f) {
  Tape tape;
  const Variable v = tape.variable(x);
  tape.backward(f(v));
  return v.grad();
}

void check_elements(const Array& a, std::initializer_list<double> expected) {
  BOOST_TEST(elements(a) == std::vector<double>(expected), boost::test_tools::per_element());
}

// The identity, whose gradient is multiplied by `factor`.
Variable scaled_gradient(const Variable& x, double factor) {
  return record("scaled_gradient", x.shared_value(), wrt(x, [factor](Array& g) {
                  for (Scalar& d : g) d *= static_cast<Scalar>(factor);
                }));
}

}  // namespace

BOOST_AUTO_TEST_CASE(repeated_inputs_and_several_uses_add_up) {
  const Array x = array({3}, {1, 2, 3});
  check_elements(gradient_of(x, [](const Variable& v) { return sum(v + v); }), {2, 2, 2});
  check_elements(gradient_of(x, [](const Variable& v) { return sum(v * v * v); }), {3, 12, 27});
  check_elements(gradient_of(x, [](const Variable& v) { return sum(v) + sum(v * 2) - sum(v); }),
                 {2, 2, 2});
  check_elements(gradient_of(x,
                             [](const Variable& v) {
                               Variable y = v;
                               for (int i = 0; i < 10; ++i) y = y + y;
                               return sum(y);
                             }),
                 {1024, 1024, 1024});
}

// A value used early and late gets its gradient only when both uses have been gone back through.
BOOST_AUTO_TEST_CASE(a_gradient_is_complete_before_it_flows_on) {
  int calls = 0;
  check_elements(gradient_of(array({1}, {5}),
                             [&calls](const Variable& v) {
                               const Variable shared =
                                   record("shared", v.shared_value(), wrt(v, [&calls](Array g) {
                                            ++calls;
                                            return g;
                                          }));
                               return sum(exp(shared * 0) + shared * 3 + shared);
                             }),
                 {4});
  BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(broadcasting_is_undone) {
  struct Row {
    Shape small, large;
  };
  for (const auto& [small, large] :
       {Row{{}, {2, 3}}, Row{{1}, {2, 3}}, Row{{3}, {2, 3}}, Row{{2, 1}, {2, 3}},
        Row{{1, 1}, {2, 3}}, Row{{3, 1}, {2, 3, 4}}, Row{{1, 1, 1, 1}, {2, 3, 4, 5}},
        Row{{1, 3, 1, 5}, {2, 3, 4, 5}}, Row{{4, 1}, {2, 3, 4, 5}}, Row{{1}, {0, 3}},
        Row{{2, 1, 2}, {2, 0, 2}}}) {
    Tape tape;
    const Variable a = tape.variable(random(small)), b = tape.variable(random(large));
    tape.backward(sum(a + b));
    const double each = static_cast<double>(element_count(large) / element_count(small));
    const std::vector<double> expected(element_count(small), each);
    BOOST_TEST(difference(a.grad(), small, expected, 0) == "");
    BOOST_TEST(difference(b.grad(), large, std::vector<double>(b.size(), 1), 0) == "");
  }
}

// An op of one's own may return a gradient of the shape to which it broadcast its input.
BOOST_AUTO_TEST_CASE(extra_leading_axes_are_summed) {
  const auto repeat = [](const Variable& x, const Shape& shape) {
    return record("repeat", full(shape, x.value()(0)), wrt(x, [](Array g) { return g; }));
  };
  for (const Shape& shape : {Shape{4}, Shape{2, 4}, Shape{3, 2, 4}, Shape{2, 3, 2, 4}}) {
    const Array g = gradient_of(array({4}, {9, 9, 9, 9}),
                                [&](const Variable& x) { return sum(repeat(x, shape)); });
    const std::vector<double> expected(4, static_cast<double>(element_count(shape)) / 4);
    BOOST_TEST(difference(g, {4}, expected, 0) == "");
  }
}

BOOST_AUTO_TEST_CASE(the_loss_may_have_any_shape_of_one_element) {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{1, 1, 1}})
    BOOST_TEST(gradient_of(full(shape, 3), [](const Variable& x) { return x * x; }).shape() ==
               shape);
}

BOOST_AUTO_TEST_CASE(the_loss_may_be_a_variable_or_a_parameter_itself) {
  check_elements(gradient_of(array({}, {3}), [](const Variable& x) { return x; }), {1});
  Parameter p{array({1}, {3})};
  Tape tape;
  tape.backward(tape.parameter(p));
  check_elements(p.grad(), {1});
}

// What was recorded after the loss does not matter.
BOOST_AUTO_TEST_CASE(the_loss_need_not_be_the_last_node) {
  Tape tape;
  const Variable x = tape.variable(array({2}, {1, 2})), loss = sum(x * x);
  const Variable late = tape.variable(array({2}, {5, 5}));
  sum(exp(x) * late);
  tape.backward(loss);
  check_elements(x.grad(), {2, 4});
  check_elements(late.grad(), {0, 0});
}

BOOST_AUTO_TEST_CASE(through_maps_the_gradient_once_for_all_inputs) {
  int calls = 0;
  Tape tape;
  const Variable a = tape.variable(array({2}, {1, 2})), b = tape.variable(array({2}, {3, 4}));
  const Variable c = record("both", array({2}, {0, 0}), through([&calls](Array g) {
                              ++calls;
                              for (Scalar& d : g) d *= 10;
                              return g;
                            }),
                            wrt(a, [](const Array& g) { return g; }),
                            wrt(b,
                                [](Array g) {
                                  for (Scalar& d : g) d += 1;
                                  return g;
                                }),
                            wrt(a, [](const Array& g) { return g; }));
  tape.backward(sum(c));
  BOOST_TEST(calls == 1);
  check_elements(a.grad(), {20, 20});
  check_elements(b.grad(), {11, 11});
}

// One input's change in place is not seen by the next.
BOOST_AUTO_TEST_CASE(gradients_changed_in_place_are_apart) {
  const auto plus = [](double by) {
    return [by](Array& g) {
      for (Scalar& d : g) d += static_cast<Scalar>(by);
    };
  };
  Tape tape;
  const Variable a = tape.variable(zeros({2})), b = tape.variable(zeros({2}));
  const Variable c = record("both", zeros({2}), through(plus(1)), wrt(a, plus(10)),
                            wrt(b, plus(20)), wrt(a, plus(30)));
  tape.backward(sum(c));
  check_elements(a.grad(), {12 + 32, 12 + 32});
  check_elements(b.grad(), {22, 22});
}

BOOST_AUTO_TEST_CASE(a_span_of_inputs) {
  Tape tape;
  const std::vector<Variable> inputs{tape.variable(zeros({2})), tape.input(zeros({2})),
                                     tape.variable(zeros({2})), tape.variable(zeros({2}))};
  std::vector<std::size_t> asked;
  const Variable y =
      record("each", zeros({2}), wrt(std::span{inputs}, [&asked](std::size_t i, const Array& g) {
               asked.push_back(i);
               Array d = g;
               for (Scalar& v : d) v *= static_cast<Scalar>(i);
               return d;
             }));
  tape.backward(sum(y));
  std::sort(asked.begin(), asked.end());
  BOOST_TEST(asked == (std::vector<std::size_t>{0, 2, 3}), boost::test_tools::per_element());
  for (std::size_t i : asked) check_elements(inputs[i].grad(), {double(i), double(i)});
}

BOOST_AUTO_TEST_CASE(detach_stops_the_gradient_and_keeps_the_value) {
  Tape tape;
  const Variable x = tape.variable(array({2}, {2, 3}));
  const Variable fixed = x.detach();
  BOOST_TEST(!fixed.needs_grad());
  BOOST_TEST(&fixed.value() == &x.value());
  tape.backward(sum(x * fixed));
  check_elements(x.grad(), {2, 3});
}

BOOST_AUTO_TEST_CASE(a_long_chain_needs_no_deep_stack) {
  const Array g = gradient_of(array({1}, {1}), [](Variable x) {
    for (int i = 0; i < 200'000; ++i) x = scaled_gradient(x, i % 2 == 0 ? 2 : 0.5);
    return x;
  });
  check_elements(g, {1});
}

BOOST_AUTO_TEST_CASE(item_and_grad_read_what_there_is) {
  Tape tape;
  const Variable x = tape.variable(array({1, 1}, {2}));
  BOOST_TEST(x.item() == Scalar{2});
  BOOST_TEST(x.rank() == 2u);
  BOOST_TEST(x.size() == 1u);
  BOOST_TEST(&x.tape() == &tape);
  const Variable unused = tape.variable(zeros({2, 2}));
  tape.backward(x * 5);
  check_elements(x.grad(), {5});
  BOOST_TEST(same_bits(unused.grad(), zeros({2, 2})));
}

BOOST_AUTO_TEST_SUITE_END()
