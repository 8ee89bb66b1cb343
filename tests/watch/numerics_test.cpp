// SPDX-License-Identifier: MIT
// The check of numbers: it names the first op, forward or backward, that makes a NaN or an infinity.
#include "../support.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>
#include <xtape/optim.hpp>
#include <xtape/watch/numerics.hpp>

#include <boost/test/unit_test.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(numerics)

namespace {

// What the check says of what `work` does; empty where it finds nothing.
template <class Work>
std::string found(Work work, std::vector<NamedParameter> names = {}) {
  NumericsCheck check{std::move(names)};
  try {
    work();
  } catch (const NumericsError& error) {
    return error.what();
  }
  return {};
}

void check_starts(const std::string& text, const std::string& begin) {
  BOOST_TEST(text.starts_with(begin), '"' << text << "\" does not begin with \"" << begin << '"');
}
void check_contains(const std::string& text, const std::string& part) {
  BOOST_TEST(text.find(part) != std::string::npos, '"' << part << "\" is not in " << text);
}

}  // namespace

BOOST_AUTO_TEST_CASE(sound_numbers_pass_unchanged) {
  Rng rng{1};
  Sequential net{Dense{{.in = 3, .out = 4}, rng}, relu, Dense{{.in = 4, .out = 2}, rng}};
  const auto step = [&] {
    Tape tape;
    SGD sgd{{.learning_rate = 0.1}};
    tape.backward(mean(square(net(tape.input(random({5, 3}))))), sgd);
    return parameters(net)[0].parameter->value();
  };
  Array checked;
  BOOST_TEST(found([&] { checked = step(); }) == "");
  Rng again{1};
  net = Sequential{Dense{{.in = 3, .out = 4}, again}, relu, Dense{{.in = 4, .out = 2}, again}};
  BOOST_TEST(same_bits(checked, step()));
}

BOOST_AUTO_TEST_CASE(a_result_is_named_with_its_layer_and_inputs) {
  Rng rng{1};
  Sequential net{relu, Sequential{Flatten{}, [](const Variable& x) { return log(x); }}, relu};
  const std::string error = found([&] {
    Tape tape;
    net(tape.input(array({1, 4}, {1, -2, 0, 3})));
  });
  check_starts(error,
               "[log] layer 1.1: the result (1, 4) has 2 infinities; "
               "input 1 (1, 4): from 0 to 3, mean 1 at numerics_test.cpp:");
  check_contains(error, "a logarithm");
}

BOOST_AUTO_TEST_CASE(a_gradient_is_named_with_its_layer_and_inputs) {
  Sequential net{[](const Variable& x) { return sqrt(x); }, Flatten{}};
  const std::string error = found([&] {
    Tape tape;
    const Variable x = tape.variable(array({1, 3}, {4, 0, 1}));
    tape.backward(sum(net(x)));
  });
  check_starts(error,
               "[sqrt] layer 0: the gradient of an input (1, 3) has 1 infinity; gradient of "
               "the result (1, 3): from 1 to 1, mean 1; input 1 (1, 3): from 0 to 4, mean ");
}

BOOST_AUTO_TEST_CASE(faulty_data_are_named_where_they_are_first_used) {
  const std::string error = found([&] {
    Tape tape;
    const Variable x = tape.input(array({2, 2}, {1, not_a_number, infinity, 4}));
    sum(x + x);
  });
  check_starts(error,
               "[add] the result (2, 2) has 1 NaN and 1 infinity; "
               "input 1 (2, 2): from 1 to 4, mean 2.5, 1 NaN and 1 infinity; input 2");
  check_contains(error, "does the data hold them");
}

BOOST_AUTO_TEST_CASE(an_update_is_named_with_its_parameter) {
  Rng rng{1};
  Sequential net{Dense{{.in = 2, .out = 1}, rng}};
  struct Overflow : Visitor {
    const char* name() const noexcept override { return "overflow"; }
    void visit(Parameter& p) override { p.value().data()[0] = infinity; }
  };
  const auto work = [&] {
    Tape tape;
    tape.backward(sum(net(tape.input(random({3, 2})))), Overflow{});
  };
  check_starts(found(work, parameters(net)), "[overflow] after its pass 0.weight (2, 1): from ");
  check_starts(found(work), "[dense] layer 0: the result (3, 1) has ");
}

BOOST_AUTO_TEST_CASE(without_a_check_nothing_is_looked_at) {
  { NumericsCheck check; }
  Tape tape;
  BOOST_TEST(std::isinf(log(tape.input(array({1}, {0}))).item()));
}

BOOST_AUTO_TEST_CASE(observers_see_each_call_together) {
  struct Counter : Observer {
    void forward(const Forward&) override { ++forwards; }
    void input_gradient(const InputGradient&) override { ++gradients; }
    void update(const Visitor&, std::span<Parameter* const> all) override { updated += all.size(); }
    int forwards = 0, gradients = 0;
    std::size_t updated = 0;
  };
  Counter outer;
  {
    Counter inner;
    Parameter p{array({2}, {1, 2})};
    Tape tape;
    tape.backward(sum(square(tape.parameter(p))), ZeroGrad{});
    BOOST_TEST(inner.forwards == 2);
    BOOST_TEST(inner.gradients == 2);
    BOOST_TEST(inner.updated == 1u);
  }
  Tape tape;
  square(tape.variable(array({2}, {1, 2})));
  BOOST_TEST(outer.forwards == 3);
}

BOOST_AUTO_TEST_SUITE_END()
