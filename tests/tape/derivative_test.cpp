// SPDX-License-Identifier: MIT
// Gradients that are variables: what a tape in Mode::derive does with them, and what is made of them.
#include "../ops/errors.hpp"
#include "../timing.hpp"

#include <xtape/derivatives.hpp>
#include <xtape/layers.hpp>
#include <xtape/ops.hpp>
#include <xtape/optim.hpp>
#include <xtape/threads.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(derivatives)

namespace {

void check_close(const Array& a, std::initializer_list<double> expected) {
  BOOST_REQUIRE(a.size() == expected.size());
  const double* next = expected.begin();
  for (const Scalar x : a) {
    BOOST_TEST(std::abs(static_cast<double>(x) - *next) <= 20 * epsilon * (1 + std::abs(*next)));
    ++next;
  }
}

// x^2 with a gradient in arrays alone.
Variable plain_square(const Variable& x) {
  return record("plain_square", x.value() * x.value(),
                wrt(x, [x](const Array& g) -> Array { return 2 * g * x.value(); }));
}
// And with one in ops.
Variable own_square(const Variable& x) {
  return record("own_square", x.value() * x.value(),
                wrt(
                    x, [x](const Array& g) -> Array { return 2 * g * x.value(); },
                    [x](const Variable& g) { return 2 * g * x; }));
}
// And with what it is.
Variable defined_square(const Variable& x) {
  return record("defined_square", x.value() * x.value(),
                wrt(x, [x](const Array& g) -> Array { return 2 * g * x.value(); }),
                defined([](std::span<const Variable> in) { return in[0] * in[0]; }));
}

}  // namespace

BOOST_AUTO_TEST_CASE(of_any_order) {
  Tape tape{Mode::derive};
  const Variable x = tape.variable(array({2}, {2, -1}));
  Variable d = sum(x * x * x * x);
  check_close((d = tape.gradient(d, x)).value(), {32, -4});
  check_close((d = tape.gradient(sum(d), x)).value(), {48, 12});
  check_close((d = tape.gradient(sum(d), x)).value(), {48, -24});
  check_close((d = tape.gradient(sum(d), x)).value(), {24, 24});
  check_close(tape.gradient(sum(d), x).value(), {0, 0});
}

BOOST_AUTO_TEST_CASE(a_cotangent_stands_for_the_gradient_of_several_elements) {
  Tape tape{Mode::derive};
  const Variable x = tape.variable(array({3}, {1, 2, 3}));
  check_close(tape.gradient(x * x, x, tape.input(array({3}, {1, 0, -2}))).value(), {2, 0, -12});
}

BOOST_AUTO_TEST_CASE(what_was_broadcast_is_summed) {
  Tape tape{Mode::derive};
  const Variable x = tape.variable(array({3}, {1, 2, 3})), s = tape.variable(array({}, {2})),
                 m = tape.variable(array({2, 1}, {1, -1}));
  const auto g = tape.gradient(sum(x * s * m * m), {x, s, m});
  check_close(g[0].value(), {4, 4, 4});
  check_close(g[1].value(), {12});
  check_close(g[2].value(), {24, -24});
  BOOST_TEST((g[2].shape() == Shape{2, 1}));
  check_close(tape.gradient(sum(g[0]), s).value(), {6});
}

// Through h the gradient flows on to x.
BOOST_AUTO_TEST_CASE(by_the_results_of_ops) {
  Tape tape{Mode::derive};
  const Variable x = tape.variable(array({}, {3})), h = x * x, y = h * h;
  const auto g = tape.gradient(y, {h, x, y});
  check_close(g[0].value(), {18});
  check_close(g[1].value(), {108});
  check_close(g[2].value(), {1});
}

BOOST_AUTO_TEST_CASE(by_what_y_does_not_depend_on_it_is_0) {
  Tape tape{Mode::derive};
  const Variable x = tape.variable(array({2}, {1, 2})), other = tape.variable(zeros({3}));
  const auto g = tape.gradient(sum(x), {x, other});
  check_close(g[0].value(), {1, 1});
  check_close(g[1].value(), {0, 0, 0});
  BOOST_TEST(!g[1].needs_grad());
  check_close(tape.gradient(tape.input(zeros({})), x).value(), {0, 0});
}

// What is before the first x is left alone.
BOOST_AUTO_TEST_CASE(of_a_part_of_the_tape) {
  Tape tape{Mode::derive};
  const Variable x = tape.variable(array({4}, {1, 2, 3, 4})), early = sum(x * x);
  const auto parts = split(x * x);
  const Variable later = tape.variable(array({2}, {5, 6})), y = sum(parts[1] * later) + early;
  check_close(tape.gradient(y, later).value(), {9, 16});
  check_close(tape.gradient(y, parts[1]).value(), {5, 6});
  check_close(tape.gradient(early, later).value(), {0, 0});
  check_close(tape.gradient(y, {later, x})[1].value(), {2, 4, 6 + 30, 8 + 48});
}

// The op that made x is none of what lies between.
BOOST_AUTO_TEST_CASE(by_a_result_whose_op_has_no_rule) {
  Tape tape{Mode::derive};
  const Variable x = tape.variable(array({2}, {1, 2}));
  const Variable made = record({"own", Location::current()}, 3 * x.value(),
                               wrt(x, [](const Array& g) -> Array { return 3 * g; }));
  check_close(tape.gradient(sum(made * made), made).value(), {6, 12});
}

// A penalty on a gradient, and then one pass for all.
BOOST_AUTO_TEST_CASE(the_tape_can_still_go_backward) {
  Parameter w{array({2}, {1, -2})};
  Tape tape{Mode::derive};
  const Variable x = tape.variable(array({2}, {3, 1})), weight = tape.parameter(w);
  const Variable y = sum(weight * x * x), slope = tape.gradient(y, x);
  tape.backward(y + sum(slope * slope));
  check_close(slope.value(), {6, -4});                    // 2 w x
  check_close(w.grad(), {9 + 2 * 6 * 6, 1 - 2 * 4 * 2});  // x^2 + 2 slope 2 x
  check_close(x.grad(), {6 + 2 * 6 * 2, -4 + 2 * 4 * 4});
}

BOOST_AUTO_TEST_CASE(nodes_know_the_place_and_layer_of_their_op) {
  Tape tape{Mode::derive};
  Rng rng{1};
  Sequential net{Dense{{.in = 2, .out = 2}, rng}, Tanh{}};
  const Variable x = tape.variable(zeros({1, 2}));
  const unsigned line = __LINE__ + 1;
  const Variable y = sum(net(x));
  const std::size_t before = tape.size();
  struct Watch : Observer {
    void forward(const Forward& call) override { places.push_back(call.op.at); }
    std::vector<Location> places;
  } watch;
  tape.gradient(y, x);
  BOOST_TEST(watch.places.size() >= tape.size() - before);
  for (const Location& place : watch.places)
    BOOST_TEST((place.line() == line &&
                std::string{place.file_name()} == Location::current().file_name()));
  BOOST_REQUIRE(tape.size() > before);
  std::size_t in_layers = 0;
  for (std::size_t i = before; i < tape.size(); ++i) in_layers += tape.layer(i).empty() ? 0 : 1;
  BOOST_TEST(in_layers > 2u);
  BOOST_TEST(tape.layer(tape.size()).empty());
  BOOST_TEST(tape.node(static_cast<std::uint32_t>(before)).op.at.line() == line);
}

BOOST_AUTO_TEST_CASE(ops_of_ones_own) {
  for (auto* f : {own_square, defined_square}) {
    Tape tape{Mode::derive};
    const Variable x = tape.variable(array({2}, {3, -1}));
    const Variable d = tape.gradient(sum(f(x) * x), x);
    check_close(d.value(), {27, 3});
    const Variable second = tape.gradient(sum(d), x);
    check_close(second.value(), {18, -6});
    check_close(tape.gradient(sum(second), x).value(), {6, 6});
  }
}

// What only a gradient in ops needs is kept by no other tape.
BOOST_AUTO_TEST_CASE(in_training_rules_in_ops_keep_nothing) {
  for (const Mode mode : {Mode::train, Mode::derive}) {
    const auto token = std::make_shared<int>(0);
    Tape tape{mode};
    const Variable x = tape.variable(zeros({2}));
    const Variable y = record("kept", x.shared_value(),
                              wrt(
                                  x, [](Array&) {}, [token](const Variable& g) { return g; }),
                              defined([token](std::span<const Variable> in) { return in[0]; }));
    BOOST_TEST(token.use_count() == (mode == Mode::derive ? 3 : 1));
  }
}

BOOST_AUTO_TEST_CASE(errors_of_gradient) {
  Tape tape{Mode::derive}, other{Mode::derive}, train, eval{Mode::eval}, used{Mode::derive};
  const Variable x = tape.variable(zeros({2})), y = sum(x), there = other.variable(zeros({2}));
  const Variable in_train = train.variable(zeros({})), in_eval = eval.variable(zeros({})),
                 in_used = used.variable(zeros({}));
  used.backward(in_used * in_used);
  const Variable unknown = sum(plain_square(x));
  Parameter updated{zeros({3})};
  Tape with_parameter{Mode::derive};
  const Variable p = sum(with_parameter.parameter(updated));
  updated.value()(1) = 2;
  check_failures<TapeError>({
      {"[gradient] the tape keeps nothing for gradients of gradients @; make it with Mode::derive",
       XTAPE_CALL(train.gradient(in_train, in_train))},
      {"[gradient] the tape keeps nothing for gradients of gradients @; make it with Mode::derive",
       XTAPE_CALL(eval.gradient(in_eval, in_eval))},
      {"[gradient] the tape was consumed by backward @; make a new Tape for each pass",
       XTAPE_CALL(used.gradient(in_used, in_used))},
      {"[gradient] a y is on another tape @", XTAPE_CALL(other.gradient(y, there))},
      {"[gradient] an x is on another tape @", XTAPE_CALL(tape.gradient(y, there))},
      {"[gradient] a cotangent is on another tape @", XTAPE_CALL(tape.gradient(x, x, there))},
      {"[gradient] an x is a constant @; make it with tape.variable() or tape.parameter()",
       XTAPE_CALL(tape.gradient(y, x.detach()))},
      {"[gradient] a parameter of shape (3,) has changed since the tape read it @; update "
       "parameters "
       "after the last gradient?",
       XTAPE_CALL(with_parameter.gradient(p, p))},
  });
  check_failures<ShapeError>({
      {"[gradient] expected a y of a single element, got (2,) @; take sum() first, or give a "
       "cotangent?",
       XTAPE_CALL(tape.gradient(x, x))},
      {"[gradient] expected a cotangent of shape (2,), got () @",
       XTAPE_CALL(tape.gradient(x, x, y.detach()))},
      {"[hvp] expected a direction for each of 1 variable, got 2 @", XTAPE_CALL(hvp(y, x, {x, x}))},
      {"[hvp] expected a direction of shape (2,), got () @", XTAPE_CALL(hvp(y, x, y))},
      {"[jvp] expected a tangent of shape (2,), got () @", XTAPE_CALL(jvp(y, x, y))},
      {"[inner_product] expected as many variables, got 1 and 2 @",
       XTAPE_CALL(inner_product(x, {x, x}))},
      {"[inner_product] expected equal shapes, got (2,) and () of pair 0 @",
       XTAPE_CALL(inner_product(x, y))},
  });
  try {
    tape.gradient(unknown, x);
    BOOST_ERROR("no error");
  } catch (const TapeError& error) {
    BOOST_TEST(
        std::string{error.what()}.starts_with("[plain_square] its gradient has no gradient"));
  }
  // Nothing is lost.
  check_close(tape.gradient(y, x).value(), {1, 1});
  check_close(tape.gradient(sum(own_square(x)), x).value(), {0, 0});
}

BOOST_AUTO_TEST_CASE(errors_of_rules) {
  Tape tape{Mode::derive};
  const Variable x = tape.variable(zeros({2}));
  const auto odd = [&](const Variable& gradient) {
    return record("odd", zeros({2}),
                  wrt(
                      x, [](Array&) {}, [gradient](const Variable&) { return gradient; }));
  };
  const auto odd_definition = [&] {
    return record("odd", zeros({2}), wrt(x, [](Array&) {}),
                  defined([](std::span<const Variable> in) { return sum(in[0]); }));
  };
  const auto starts = [](const char* text) {
    return [text](const ShapeError& e) { return std::string{e.what()}.starts_with(text); };
  };
  BOOST_CHECK_EXCEPTION(tape.gradient(sum(odd(tape.input(zeros({3})))), x), ShapeError,
                        starts("[odd] the gradient of an input of shape (2,) has the shape (3,)"));
  BOOST_CHECK_EXCEPTION(
      tape.gradient(sum(odd_definition()), x), ShapeError,
      starts("[odd] what it is defined as has a result of shape (), expected (2,)"));
}

BOOST_AUTO_TEST_CASE(products_and_matrices) {
  // f = (x0^2 x1, x1): J = ((2 x0 x1, x0^2), (0, 1)).
  const auto f = [](const Variable& x) {
    const auto parts = split(x, {.parts = 2});
    return concatenate({square(parts[0]) * parts[1], parts[1]});
  };
  const Array x = array({2}, {3, 2});
  const Array j = jacobian(f, x);
  BOOST_TEST((j.shape() == Shape{2, 2}));
  check_close(j, {12, 9, 0, 1});
  check_close(jvp(f, x, array({2}, {1, 10})), {102, 10});
  check_close(vjp(f, x, array({2}, {1, 10})), {12, 19});
  const auto g = [&](const Variable& v) { return sum(f(v)); };
  check_close(hessian(g, x), {4, 6, 6, 0});
  check_close(hvp(g, x, array({2}, {1, 10})), {64, 6});
  const auto [value, gradients] = value_and_gradient(
      [](const Variable& a, const Variable& b) { return sum(a * b); }, x, array({2}, {5, 7}));
  check_close(value, {29});
  check_close(gradients[0], {5, 7});
  check_close(gradients[1], {3, 2});
}

BOOST_AUTO_TEST_CASE(a_hessian_of_scalars_and_of_nothing) {
  check_close(hessian([](const Variable& x) { return exp(2 * x); }, array({}, {0})), {4});
  BOOST_TEST(jacobian([](const Variable& x) { return x; }, zeros({0})).size() == 0u);
  check_close(hessian([](const Variable& x) { return sum(x); }, zeros({2})), {0, 0, 0, 0});
}

// They name themselves and their caller, those of arrays too.
BOOST_AUTO_TEST_CASE(errors_of_products_and_matrices) {
  Tape train;
  const Variable in_train = train.variable(zeros({}));
  const std::string keeps =
      "the tape keeps nothing for gradients of gradients @; make it with "
      "Mode::derive";
  check_failures<TapeError>({
      {"[jvp] " + keeps, XTAPE_CALL(jvp(in_train, in_train, in_train))},
      {"[hvp] " + keeps, XTAPE_CALL(hvp(in_train, in_train, in_train))},
      {"[gauss_newton_product] " + keeps,
       XTAPE_CALL(gauss_newton_product(in_train, in_train, in_train, in_train))},
      {"[jacobian] " + keeps, XTAPE_CALL(jacobian(in_train, in_train))},
      {"[hessian] " + keeps, XTAPE_CALL(hessian(in_train, in_train))},
  });
  const auto twice = [](const Variable& x) { return 2 * x; };
  const Array x = zeros({2}), wrong = zeros({3});
  const std::string one = "expected a y of a single element, got (2,) @; take sum() first?";
  check_failures<ShapeError>({
      {"[vjp] expected a cotangent of shape (2,), got (3,) @", XTAPE_CALL(vjp(twice, x, wrong))},
      {"[jvp] expected a tangent of shape (2,), got (3,) @", XTAPE_CALL(jvp(twice, x, wrong))},
      {"[hvp] " + one, XTAPE_CALL(hvp(twice, x, x))},
      {"[hessian] " + one, XTAPE_CALL(hessian(twice, x))},
  });
}

BOOST_AUTO_TEST_CASE(variables_are_their_own) {
  Tape tape{Mode::derive};
  const Variable x = tape.variable(array({}, {2})), w = tape.variable(array({}, {3}));
  PooledVector<Variable> some{x, w};
  const Variables kept{some}, named{x, w};
  some = {w, x};
  for (const Variables& both : {kept, named})
    check_close(inner_product(both, {x, x}).value(), {4 + 6});
  check_close(hvp(x * w, named, named)[0].value(), {3});
}

// The parameters are looked at once for all rows.
BOOST_AUTO_TEST_CASE(a_jacobian_of_many_rows_looks_at_parameters_once) {
  Parameter large{zeros({1'000'000})};
  Tape tape{Mode::derive};
  const Variable beside = sum(tape.parameter(large)), x = tape.variable(zeros({100})), y = x * x;
  BOOST_TEST(test::time_ratio([&] { jacobian(y, x); }, [&] { tape.gradient(beside, x); }, 20) <=
             20);
}

// The Hessian is that of the outputs' curvature and the Gauss-Newton matrix; of a linear model both are one.
BOOST_AUTO_TEST_CASE(gauss_newton_of_a_linear_model_is_the_hessian) {
  Rng rng{3};
  Sequential net{Dense{{.in = 3, .out = 2}, rng}};
  Tape tape{Mode::derive};
  const Variable y = net(tape.input(random({5, 3}))), loss = mse(y, random({5, 2}, -1, 1, 8));
  const auto weights = parameters_on(tape, net);
  BOOST_REQUIRE(weights.size() == 2u);
  PooledVector<Variable> v;
  for (const Variable& w : weights) v.push_back(tape.input(random(w.shape(), -1, 1, 11)));
  const auto whole = hvp(loss, weights, v), part = gauss_newton_product(loss, y, weights, v);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t k = 0; k < v[i].size(); ++k)
      BOOST_TEST(std::abs(whole[i].value().data()[k] - part[i].value().data()[k]) <= 50 * epsilon);
}

BOOST_AUTO_TEST_CASE(a_product_with_the_hessian_takes_at_most_four_gradients) {
  const ThreadLimit one{1};
  Rng rng{1};
  Sequential net{Dense{{.in = 784, .out = 128, .activation = Activation::relu}, rng},
                 Dense{{.in = 128, .out = 10}, rng}};
  const Array x = random({128, 784}), y = random({128, 10});
  const auto loss = [&](Tape& tape) { return mse(net(tape.input(x)), y); };
  const auto gradient = [&] {
    Tape tape;
    tape.backward(loss(tape));
  };
  const auto product = [&] {
    Tape tape{Mode::derive};
    const auto weights = parameters_on(tape, net);
    PooledVector<Variable> direction;
    for (const Variable& w : weights) direction.push_back(tape.input(w.shared_value()));
    hvp(loss(tape), weights, direction);
  };
  BOOST_TEST(test::time_ratio(product, gradient, 4) <= 4);
}

BOOST_AUTO_TEST_SUITE_END()
