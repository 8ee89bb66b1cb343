// SPDX-License-Identifier: MIT
// What is said of a tape that is used in a way it does not allow, and of layers in a model.
#include "errors.hpp"

#include <xtape/layers.hpp>
#include <xtape/ops.hpp>

#include <optional>

using namespace test;

BOOST_AUTO_TEST_SUITE(tape_errors)

namespace {

const std::vector<std::int32_t> labels{0, 2};

// An op whose gradient function returns an array of any shape.
Variable odd(const Variable& x, const Shape& result, const Shape& gradient,
             Location at = Location::current()) {
  return record({"odd", at}, zeros(result),
                wrt(x, [gradient](const Array&) { return zeros(gradient); }));
}

}  // namespace

BOOST_AUTO_TEST_CASE(mixing_tapes) {
  Tape one, two;
  const Variable a = one.variable(zeros({2, 2})), b = two.variable(zeros({2, 2}));
  const Variable c = two.input(zeros({2, 2}));
  const std::string text = "the inputs are on different tapes @; use one Tape for one pass";
  check_failures<TapeError>({
      {"[add] " + text, XTAPE_CALL(a + b)},
      {"[mul] " + text, XTAPE_CALL(a * c)},
      {"[sub] " + text, XTAPE_CALL(one.input(zeros({})) - c)},
      {"[matmul] " + text, XTAPE_CALL(matmul(b, a))},
      {"[dense] " + text, XTAPE_CALL(dense(a, b))},
      {"[concatenate] " + text, XTAPE_CALL(concatenate({a, a, b}))},
      {"[mse] " + text, XTAPE_CALL(mse(a, c))},
      {"[backward] the loss is on another tape @; call backward on loss.tape()",
       XTAPE_CALL(two.backward(sum(a)), 0)},
  });
}

BOOST_AUTO_TEST_CASE(a_loss_that_is_none) {
  Tape tape, eval{Mode::eval};
  const Variable x = tape.variable(zeros({2, 3})), loss = eval.variable(zeros({}));
  const std::string size = "expected a loss of a single element, got ";
  const std::string hint = " @; take mean() or sum() first?";
  check_failures<ShapeError>({
      {"[backward] " + size + "(2, 3)" + hint, XTAPE_CALL(tape.backward(x), 0)},
      {"[accumulate] " + size + "(0,)" + hint,
       XTAPE_CALL(tape.accumulate(tape.variable(zeros({0}))), 0)},
      {"[item] expected a single element, got (2, 3)" + hint, XTAPE_CALL(x.item())},
  });
  check_failures<TapeError>({
      {"[backward] the loss depends on no trainable parameter and no tape.variable() @; is every "
       "parameter frozen, or the loss detached?",
       XTAPE_CALL(tape.backward(tape.input(zeros({}))), 0)},
      {"[accumulate] the loss depends on no trainable parameter and no tape.variable() @; is every "
       "parameter frozen, or the loss detached?",
       XTAPE_CALL(tape.accumulate(sum(x.detach())), 0)},
      {"[backward] the tape is in Mode::eval and recorded nothing @; use Tape{Mode::train}",
       XTAPE_CALL(eval.backward(loss), 0)},
  });
  tape.backward(sum(x));  // none of them consumed it
}

BOOST_AUTO_TEST_CASE(a_consumed_tape) {
  Parameter used{zeros({2})}, unused{zeros({2})};
  Tape tape;
  const Variable x = tape.variable(zeros({2})), p = tape.parameter(used), loss = sum(x + p);
  tape.backward(loss);
  const std::string text = "the tape was consumed by backward @; make a new Tape for each pass";
  check_failures<TapeError>({
      {"[backward] " + text, XTAPE_CALL(tape.backward(loss), 0)},
      {"[accumulate] " + text, XTAPE_CALL(tape.accumulate(loss), 0)},
      {"[mul] " + text, XTAPE_CALL(x * 2)},
      {"[add] " + text, XTAPE_CALL(x.detach() + tape.parameter(used))},
      {"[exp] " + text, XTAPE_CALL(exp(p))},
      {"[variable] " + text, XTAPE_CALL(tape.variable(zeros({})))},
      {"[parameter] " + text, XTAPE_CALL(tape.parameter(unused))},
  });
}

BOOST_AUTO_TEST_CASE(gradients_that_are_not_there) {
  Parameter parameter{zeros({})};
  Tape tape;
  const Variable x = tape.variable(zeros({})), p = tape.parameter(parameter), y = exp(x * p);
  check_failures<TapeError>(
      {{"[grad] there is no gradient before backward @; call tape.backward(loss) first",
        XTAPE_CALL(x.grad())}});
  tape.backward(y);
  check_failures<TapeError>({
      {"[grad] a constant has no gradient @; make it with tape.variable()?",
       XTAPE_CALL(tape.input(zeros({})).grad())},
      {"[grad] the gradient of a parameter is in Parameter::grad @", XTAPE_CALL(p.grad())},
      {"[grad] the gradient of the result of [exp] is not kept @; only what tape.variable() made "
       "keeps "
       "its gradient",
       XTAPE_CALL(y.grad())},
  });
  BOOST_TEST(x.grad().size() == 1u);
}

// The tape does not trust the gradient functions of custom ops. Their errors name the op, at the
// place where it was called.
BOOST_AUTO_TEST_CASE(gradients_of_wrong_shapes) {
  const auto back = [](const Shape& input, const Shape& result, const Shape& gradient,
                       unsigned& line) {
    Tape tape;
    const Variable x = tape.variable(zeros(input));
    line = __LINE__ + 1;
    tape.backward(sum(odd(x, result, gradient)));
  };
  const auto text = [](const std::string& input, const std::string& got) {
    return "[odd] the gradient of an input of shape " + input + " has the shape " + got +
           " @; check the function given to wrt()";
  };
  check_failures<ShapeError>({
      {text("(2, 3)", "(3, 2)"),
       [&](unsigned& l) {
         back({2, 3}, {2, 3}, {3, 2}, l);
       }},
      {text("(2, 3)", "(6,)"),
       [&](unsigned& l) {
         back({2, 3}, {2, 3}, {6}, l);
       }},
      {text("(2, 3)", "()"),
       [&](unsigned& l) {
         back({2, 3}, {2, 3}, {}, l);
       }},
      {text("(3,)", "(0,)"), [&](unsigned& l) { back({3}, {3}, {0}, l); }},
      {text("()", "(5, 7)"),
       [&](unsigned& l) {
         back({}, {2, 3}, {5, 7}, l);
       }},
  });
}

BOOST_AUTO_TEST_CASE(a_shared_gradient_of_wrong_shape) {
  const auto back = [](const Shape& gradient, unsigned& line) {
    Tape tape;
    const Variable x = tape.variable(zeros({3}));
    line = __LINE__ + 1;
    const Variable y = record("odd", zeros({3}), through([&](Array) { return zeros(gradient); }),
                              wrt(x, [](Array g) { return g; }));
    tape.backward(sum(y));
  };
  const std::string text = "[odd] the gradient of a result of shape (3,) has the shape ";
  const std::string hint = " @; check the function given to through()";
  check_failures<ShapeError>({
      {text + "(7,)" + hint, [&](unsigned& l) { back({7}, l); }},
      {text + "()" + hint, [&](unsigned& l) { back({}, l); }},
  });
}

BOOST_AUTO_TEST_CASE(a_variable_that_outlives_its_tape) {
  const auto of_a_dead_tape = [] {
    Tape tape;
    return exp(tape.variable(zeros({2, 2})));
  };
  const Variable left = of_a_dead_tape(), detached = left.detach();
  Rng rng{1};
  Tape tape;
  const Variable x = tape.variable(zeros({2, 2}));
  Dense layer{{.in = 2, .out = 2}, rng};
  Sequential net{relu};
  const std::string text =
      "the tape of a Variable is gone @; keep the Tape as long as ops take it, or return its "
      "value(), as predict does";
  check_failures<TapeError>({
      {"[exp] " + text, XTAPE_CALL(exp(left))},
      {"[mul] " + text, XTAPE_CALL(left * 2)},
      {"[add] " + text, XTAPE_CALL(x + left)},
      {"[sub] " + text, XTAPE_CALL(detached - x)},
      {"[concatenate] " + text, XTAPE_CALL(concatenate({x, left}))},
      {"[mse] " + text, XTAPE_CALL(mse(left, zeros({2, 2})))},
      {"[dropout] " + text, XTAPE_CALL(dropout(left))},
      {"[dense] " + text, XTAPE_CALL(layer(left))},
      {"[sequential] " + text, XTAPE_CALL(net(left))},
      {"[tape] " + text, XTAPE_CALL(left.tape())},
      {"[grad] " + text, XTAPE_CALL(left.grad())},
      {"[backward] " + text, XTAPE_CALL(tape.backward(left), 0)},
  });
  BOOST_TEST(elements(left.value()) == std::vector<double>(4, 1));
  BOOST_TEST(elements(detached.value()) == std::vector<double>(4, 1));
}

// Not the address tells a tape: the next one is often in the same place.
BOOST_AUTO_TEST_CASE(another_tape_in_the_place_of_a_dead_one) {
  std::optional<Tape> tape;
  tape.emplace();
  const Variable old = tape->variable(zeros({2}));
  tape.emplace();
  const Variable young = tape->variable(zeros({2}));
  BOOST_CHECK_THROW(old + young, TapeError);
  BOOST_CHECK_THROW(old.tape(), TapeError);
  BOOST_TEST(&young.tape() == &*tape);
  tape->backward(sum(young + young));
  BOOST_TEST(elements(young.grad()) == std::vector<double>(2, 2));
}

BOOST_AUTO_TEST_CASE(an_op_without_inputs) {
  const std::span<const Variable> none;
  const auto pull = [](std::size_t, const Array& g) { return g; };
  check_failures<TapeError>({
      {"[odd] expected at least one input @",
       XTAPE_CALL(record("odd", zeros({}), wrt(none, pull)))},
  });
}

BOOST_AUTO_TEST_CASE(options_of_layers) {
  Rng rng{1};
  const auto wrong = [](const Shape&, const Fans&, Rng&) { return zeros({7}); };
  check_failures<ValueError>({
      {"[dense] expected sizes of at least 1, got (0, 3) @", XTAPE_CALL(Dense{{.out = 3}, rng})},
      {"[dense] expected sizes of at least 1, got (3, 0) @", XTAPE_CALL(Dense{{.in = 3}, rng})},
      {"[conv2d] expected sizes of at least 1, got (3, 3, 0, 8) @",
       XTAPE_CALL(Conv2D{{.out = 8}, rng})},
      {"[conv2d] expected sizes of at least 1, got (0, 2, 1, 8) @",
       XTAPE_CALL(Conv2D{{.in = 1, .out = 8, .kernel = {0, 2}}, rng})},
      {"[dropout] rate must be in [0, 1), got 25 @", XTAPE_CALL(Dropout{25})},
  });
  Tape tape;
  const Variable x = tape.input(zeros({2, 3}));
  check_failures<ShapeError>({
      {"[dense] the initialiser returned (7,) for (2, 3) @",
       XTAPE_CALL(Dense{{.in = 2, .out = 3, .weight_init = wrong}, rng})},
      {"[dense] the initialiser returned (7,) for a bias (3,) @",
       XTAPE_CALL(Dense{{.in = 2, .out = 3, .bias_init = wrong}, rng})},
  });
}

BOOST_AUTO_TEST_CASE(an_error_in_a_layer_names_it) {
  Rng rng{1};
  Sequential no_flatten{Conv2D{{.in = 1, .out = 32, .kernel = 3}, rng},
                        relu,
                        MaxPool2D{2},
                        Dropout{0.25},
                        relu,
                        Dense{{.in = 5408, .out = 10}, rng}};
  Sequential inner{relu, Dense{{.in = 4, .out = 2}, rng}};
  Sequential nested{relu, relu, Sequential{Dense{{.in = 3, .out = 4}, rng}, std::move(inner)}};
  Sequential with_lambda{[](const Variable& x) { return reshape(x, {7}); }};
  Dense dense{{.in = 3, .out = 2}, rng};
  Tape tape{Mode::train, rng};
  const Variable images = tape.input(zeros({64, 28, 28, 1})), rows = tape.input(zeros({2, 5}));
  check_failures<ShapeError>({
      {"[dense] layer 5: expected (N, 5408), got (64, 13, 13, 32) @; flatten missing?",
       XTAPE_CALL(no_flatten(images))},
      {"[conv2d] layer 0: expected (N, H, W, 1), got (2, 5) @", XTAPE_CALL(no_flatten(rows))},
      {"[dense] layer 2.0: expected (N, 3), got (2, 5) @", XTAPE_CALL(nested(rows))},
      {"[reshape] layer 0: cannot reshape (2, 5), 10 elements, to (7,) @",
       XTAPE_CALL(with_lambda(rows))},
      {"[dense] expected (N, 3), got (2, 5) @", XTAPE_CALL(dense(rows))},
      {"[max_pool2d] expected (N, H, W, C), got (2, 5) @", XTAPE_CALL(MaxPool2D{2}(rows))},
      {"[flatten] expected (N, ...), got a scalar @", XTAPE_CALL(Flatten{}(tape.input(zeros({}))))},
  });
  check_failures<TapeError>({
      {"[dropout] layer 0: the tape has no random generator @; make it with Tape{mode, rng}",
       [](unsigned& line) {
         Sequential net{Dropout{0.5}};
         Tape no_rng;
         line = __LINE__ + 1;
         net(no_rng.input(zeros({2})));
       }},
  });
}

// Errors that pass through a model keep their class and parts.
BOOST_AUTO_TEST_CASE(the_parts_of_an_error) {
  Rng rng{1};
  Sequential net{Sequential{relu, Dense{{.in = 3, .out = 4}, rng}}, relu};
  Tape tape;
  try {
    net(tape.input(zeros({2, 1, 3, 1})));
    BOOST_ERROR("no error");
  } catch (const ShapeError& error) {
    BOOST_TEST(error.layer() == "0.1");
    BOOST_TEST(error.message() == "expected (N, 3), got (2, 1, 3, 1)");
    BOOST_TEST(error.hint() == "flatten missing?");
  }
  const Error plain{Op::nowhere("idx"), "damaged"};
  BOOST_TEST(plain.what() == std::string{"[idx] damaged"});
  BOOST_TEST(plain.layer() == "");
  BOOST_TEST(plain.hint() == "");
}

BOOST_AUTO_TEST_SUITE_END()
