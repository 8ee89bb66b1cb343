// SPDX-License-Identifier: MIT
// What the tape keeps, and when it lets go of it.
#include "../support.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <stdexcept>

using namespace test;

BOOST_AUTO_TEST_SUITE(lifetimes)

namespace {

using Token = std::shared_ptr<int>;

// x with a gradient function that holds on to a token and counts its calls in it.
Variable holding(const Variable& x, Token token) {
  return record("holding", x.shared_value(), wrt(x, [token](Array g) {
                  ++*token;
                  return g;
                }));
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_only_a_constant_needs_is_dropped_at_once) {
  Tape tape;
  const Variable x = tape.variable(zeros({2})), constant = tape.input(zeros({2}));
  const Token for_x = std::make_shared<int>(0), for_constant = std::make_shared<int>(0);
  const auto counting = [](Token token) {
    return [token](Array g) {
      ++*token;
      return g;
    };
  };
  const Variable y =
      record("pair", zeros({2}), wrt(x, counting(for_x)), wrt(constant, counting(for_constant)));
  BOOST_TEST(for_x.use_count() == 2);
  BOOST_TEST(for_constant.use_count() == 1);
  tape.backward(sum(y));
  BOOST_TEST(*for_x == 1);
  BOOST_TEST(*for_constant == 0);
}

BOOST_AUTO_TEST_CASE(an_op_on_constants_is_not_recorded) {
  Tape tape;
  const Token token = std::make_shared<int>(0);
  const Variable y = sum(holding(tape.input(zeros({2})), token) * 2);
  BOOST_TEST(!y.needs_grad());
  BOOST_TEST(tape.size() == 0u);
  BOOST_TEST(token.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(what_a_gradient_saved_dies_as_soon_as_it_was_used) {
  Tape tape;
  const Token early = std::make_shared<int>(0), late = std::make_shared<int>(0);
  std::vector<long> late_uses, early_uses;  // seen when the op between them is gone back through
  const Variable x = tape.variable(zeros({2}));
  const Variable a = holding(x, early);
  const Variable between = record("between", a.shared_value(), wrt(a, [&](Array g) {
                                    late_uses.push_back(late.use_count());
                                    early_uses.push_back(early.use_count());
                                    return g;
                                  }));
  const Variable loss = sum(holding(between, late));
  BOOST_TEST(late.use_count() == 2);
  tape.backward(loss);
  BOOST_TEST(late_uses == std::vector<long>{1}, boost::test_tools::per_element());
  BOOST_TEST(early_uses == std::vector<long>{2}, boost::test_tools::per_element());
  BOOST_TEST(early.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(what_the_loss_does_not_need_dies_with_the_backward_pass) {
  const Token token = std::make_shared<int>(0);
  Tape tape;
  const Variable x = tape.variable(zeros({2}));
  holding(x, token);
  BOOST_TEST(token.use_count() == 2);
  tape.backward(sum(x));
  BOOST_TEST(token.use_count() == 1);
  BOOST_TEST(*token == 0);
}

BOOST_AUTO_TEST_CASE(a_tape_without_a_backward_pass_lets_go_of_everything) {
  const Token token = std::make_shared<int>(0);
  const std::size_t in_use = memory_stats().in_use;
  {
    Tape tape;
    const Variable x = tape.variable(random({100, 100}));
    const Variable y = sum(exp(holding(x, token)));
    BOOST_TEST(memory_stats().in_use >= in_use + 20000 * sizeof(Scalar));
  }
  BOOST_TEST(token.use_count() == 1);
  BOOST_TEST(memory_stats().in_use == in_use);
}

BOOST_AUTO_TEST_CASE(evaluation_records_nothing) {
  Rng rng{1};
  Dense layer{{.in = 4, .out = 3}, rng};
  Tape tape{Mode::eval};
  const Token token = std::make_shared<int>(0);
  const Variable x = tape.variable(random({2, 4}));
  const Variable y = sum(softmax(layer(holding(x, token))));
  BOOST_TEST(tape.size() == 0u);
  BOOST_TEST(tape.parameters().empty());
  BOOST_TEST(!x.needs_grad());
  BOOST_TEST(!y.needs_grad());
  BOOST_TEST(token.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(evaluation_frees_a_value_with_its_last_variable) {
  Tape tape{Mode::eval};
  const std::size_t in_use = memory_stats().in_use;
  {
    const Variable x = tape.input(zeros({1000}));
    Variable y = exp(x);
    const std::size_t both = memory_stats().in_use;
    for (int i = 0; i < 5; ++i) y = exp(y);
    BOOST_TEST(memory_stats().in_use == both);
  }
  BOOST_TEST(memory_stats().in_use == in_use);
}

// An op of n inputs keeps what it needs once, not n times.
BOOST_AUTO_TEST_CASE(an_op_on_many_inputs_takes_memory_in_proportion) {
  constexpr std::size_t count = 20'000;
  Tape tape;
  std::vector<Variable> inputs;
  for (std::size_t i = 0; i < count; ++i)
    inputs.push_back(tape.variable(full({4}, static_cast<Scalar>(i % 10))));
  const std::size_t before = memory_stats().in_use;
  const Variable y = concatenate(inputs);
  BOOST_TEST(memory_stats().in_use - before < 400 * count);
  tape.backward(sum(square(y)));
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}, count / 2 + 3, count - 1})
    BOOST_TEST(elements(inputs[i].grad()) ==
               std::vector<double>(4, 2.0 * static_cast<double>(i % 10)));
}

// The inputs share one function, which need not be copied and dies with the last of them.
BOOST_AUTO_TEST_CASE(inputs_share_their_gradient_function) {
  Tape tape;
  const std::vector<Variable> inputs{tape.variable(zeros({2})), tape.input(zeros({2})),
                                     tape.variable(zeros({2}))};
  const Token calls = std::make_shared<int>(0);
  auto kept = std::make_unique<Token>(calls);
  const Variable y = record(
      "each", zeros({2}),
      wrt(std::span{inputs}, [kept = std::move(kept)](std::size_t i, const Array& g) -> Array {
        ++**kept;
        Array scaled = g;
        for (Scalar& d : scaled.storage()) d *= static_cast<Scalar>(i + 1);
        return scaled;
      }));
  BOOST_TEST(calls.use_count() == 2);
  tape.backward(sum(y));
  BOOST_TEST(calls.use_count() == 1);
  BOOST_TEST(*calls == 2);
  BOOST_TEST(elements(inputs[0].grad()) == std::vector<double>(2, 1));
  BOOST_TEST(elements(inputs[2].grad()) == std::vector<double>(2, 3));
}

BOOST_AUTO_TEST_CASE(a_variable_of_a_parameter_shares_its_memory) {
  Parameter p{random({3})};
  Tape tape;
  BOOST_TEST(&*tape.parameter(p).shared_value() == &p.value());
}

// The tape is consumed, nothing leaks, and the parameters are as good as before.
BOOST_AUTO_TEST_CASE(an_exception_in_a_gradient_function) {
  Parameter p{array({2}, {1, 2})};
  p.grad() = full({2}, 5);
  const Token early = std::make_shared<int>(0), late = std::make_shared<int>(0);
  {
    Tape tape;
    const Variable x = holding(tape.parameter(p), early);
    const Variable y = record("failing", x.shared_value(), wrt(x, [](const Array&) -> Array {
                                throw std::runtime_error{"no gradient today"};
                              }));
    const Variable loss = sum(holding(y, late));
    BOOST_CHECK_EXCEPTION(tape.backward(loss), std::runtime_error, [](const std::exception& e) {
      return e.what() == std::string{"no gradient today"};
    });
    BOOST_TEST(*late == 1);
    BOOST_TEST(*early == 0);
    BOOST_CHECK_THROW(tape.backward(loss), TapeError);
    BOOST_CHECK_THROW(x * 2, TapeError);
  }
  BOOST_TEST(early.use_count() == 1);
  BOOST_TEST(late.use_count() == 1);
  BOOST_TEST(same_bits(p.grad(), full({2}, 5)));
  Tape tape;
  tape.backward(sum(square(tape.parameter(p))));
  BOOST_TEST(same_bits(p.grad(), array({2}, {2, 4})));
}

BOOST_AUTO_TEST_CASE(an_exception_in_a_visitor) {
  struct Failing : Visitor {
    void visit(Parameter&) override { throw std::runtime_error{"no step today"}; }
  };
  Parameter p{array({1}, {3})};
  Tape tape;
  const Variable loss = square(tape.parameter(p));
  BOOST_CHECK_THROW(tape.backward(loss, Failing{}), std::runtime_error);
  BOOST_TEST(same_bits(p.grad(), array({1}, {6})));
  BOOST_CHECK_THROW(tape.backward(loss), TapeError);
}

BOOST_AUTO_TEST_SUITE_END()
