// SPDX-License-Identifier: MIT
// The values of elementwise ops, against plain loops in double.
#include "reference.hpp"

#include <xtape/ops.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(unary_functions) {
  struct Row {
    const char* name;
    Variable (*op)(const Variable&, Location);
    double (*f)(double);
  };
  const Row rows[] = {
      {"neg", neg, [](double x) { return -x; }},
      {"exp", exp, [](double x) { return std::exp(x); }},
      {"expm1", expm1, [](double x) { return std::expm1(x); }},
      {"log", log, [](double x) { return std::log(x); }},
      {"sqrt", sqrt, [](double x) { return std::sqrt(x); }},
      {"rsqrt", rsqrt, [](double x) { return 1 / std::sqrt(x); }},
      {"square", square, [](double x) { return x * x; }},
      {"abs", abs, [](double x) { return std::abs(x); }},
      {"sign", sign, [](double x) { return x > 0   ? 1
                                           : x < 0 ? -1
                                                   : x; }},
      {"floor", floor, [](double x) { return std::floor(x); }},
      {"round", round, [](double x) { return std::nearbyint(x); }},
      {"log1p", log1p, [](double x) { return std::log1p(x); }},
      {"sin", sin, [](double x) { return std::sin(x); }},
      {"cos", cos, [](double x) { return std::cos(x); }},
      {"erf", erf, [](double x) { return std::erf(x); }},
      {"tanh", tanh, [](double x) { return std::tanh(x); }},
      {"sigmoid", sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"relu", relu, [](double x) { return x < 0 ? 0 : x; }},
      {"softplus", softplus,
       [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }},
      {"silu", silu, [](double x) { return x / (1 + std::exp(-x)); }},
      {"mish", mish, [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }},
      {"softsign", softsign, [](double x) { return x / (1 + std::abs(x)); }},
      {"hard_sigmoid", hard_sigmoid,
       [](double x) { return x != x ? x : std::clamp(x / 6 + 0.5, 0.0, 1.0); }},
      {"selu", selu,
       [](double x) {
         return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x));
       }},
  };
  Array special = array({3, 3}, {0, 1, -1, 2, -2, 40, -40, 1e-3, 0});
  special(2, 2) = not_a_number;
  for (const Array& x : {random({7, 11}, -3, 3), random({1001}, 0, 20), random({}), special})
    for (const auto& [name, op, f] : rows) {
      Tape tape;
      std::vector<double> expected;
      for (double v : elements(x)) expected.push_back(f(v));
      check_value(name, op(tape.input(x), Location::current()), x.shape(), expected, 8 * epsilon);
    }
}

BOOST_AUTO_TEST_CASE(unary_functions_with_options) {
  Tape tape;
  const Array x = array({8}, {-2, -1, -0.5, 0, 0.5, 1, 2, 0});
  Array odd = x;
  odd(7) = not_a_number;
  const Variable v = tape.input(odd);
  const double nan = not_a_number;
  check_value("leaky_relu", leaky_relu(v), {8},
              std::vector<double>{-0.6, -0.3, -0.15, 0, 0.5, 1, 2, nan});
  check_value("leaky_relu", leaky_relu(v, {.slope = 0}), {8},
              std::vector<double>{0, 0, 0, 0, 0.5, 1, 2, nan});
  check_value("elu", elu(v), {8},
              std::vector<double>{std::exp(-2) - 1, std::exp(-1) - 1, std::exp(-0.5) - 1, 0, 0.5, 1,
                                  2, nan});
  check_value("elu", elu(v, {.alpha = 3}), {8},
              std::vector<double>{3 * std::exp(-2) - 3, 3 * std::exp(-1) - 3,
                                  3 * std::exp(-0.5) - 3, 0, 0.5, 1, 2, nan});
  check_value("clip", clip(v, {.min = -0.5, .max = 1}), {8},
              std::vector<double>{-0.5, -0.5, -0.5, 0, 0.5, 1, 1, nan});
  check_value("clip", clip(v, {.min = -infinity, .max = 0}), {8},
              std::vector<double>{-2, -1, -0.5, 0, 0, 0, 0, nan});
  check_value("clip", clip(v, {.max = 0}), {8}, std::vector<double>{-2, -1, -0.5, 0, 0, 0, 0, nan});
}

BOOST_AUTO_TEST_CASE(binary_functions_broadcast) {
  struct Row {
    const char* name;
    Variable (*op)(const Operand&, const Operand&);
    double (*f)(double, double);
  };
  const Row rows[] = {
      {"add", add, [](double a, double b) { return a + b; }},
      {"sub", sub, [](double a, double b) { return a - b; }},
      {"mul", mul, [](double a, double b) { return a * b; }},
      {"div", div, [](double a, double b) { return a / b; }},
      {"pow", pow, [](double a, double b) { return std::pow(a, b); }},
      {"maximum", maximum, [](double a, double b) { return std::max(a, b); }},
      {"minimum", minimum, [](double a, double b) { return std::min(a, b); }},
      {"less", less, [](double a, double b) { return a < b ? 1.0 : 0; }},
      {"greater", greater, [](double a, double b) { return a > b ? 1.0 : 0; }},
  };
  struct Shapes {
    Shape a, b, result;
  };
  const Shapes shapes[] = {
      {{}, {}, {}},
      {{}, {3}, {3}},
      {{1}, {}, {1}},
      {{2, 3}, {2, 3}, {2, 3}},
      {{2, 3}, {3}, {2, 3}},
      {{2, 3}, {2, 1}, {2, 3}},
      {{4, 1}, {1, 3}, {4, 3}},
      {{3}, {4, 1}, {4, 3}},
      {{2, 1, 4}, {3, 1}, {2, 3, 4}},
      {{1, 3, 1, 5}, {2, 1, 4, 1}, {2, 3, 4, 5}},
      {{2, 3, 4, 5, 2}, {3, 1, 5, 1}, {2, 3, 4, 5, 2}},
      {{1, 1, 1}, {7, 9}, {1, 7, 9}},
      {{0, 3}, {1, 1}, {0, 3}},
      {{1}, {2, 0}, {2, 0}},
      {{33, 65}, {65}, {33, 65}},
  };
  for (const auto& [name, op, f] : rows)
    for (const auto& [a, b, result] : shapes)
      for (const bool swap : {false, true}) {
        const Array x = random(swap ? b : a, 0.3, 2, 1), y = random(swap ? a : b, 0.3, 2, 2);
        Tape tape;
        const auto expected =
            tabulate(result, [&](const Shape& i) { return f(at(x, i), at(y, i)); });
        check_value(name, op(tape.input(x), tape.input(y)), result, expected);
      }
}

BOOST_AUTO_TEST_CASE(operators_and_numbers) {
  Tape tape;
  const Variable x = tape.input(array({2}, {1, 4})), y = tape.input(array({2}, {2, -2}));
  const auto check = [](const char* what, const Variable& v, double first, double second) {
    check_value(what, v, {2}, std::vector<double>{first, second});
  };
  check("x + y", x + y, 3, 2);
  check("x - y", x - y, -1, 6);
  check("x * y", x * y, 2, -8);
  check("x / y", x / y, 0.5, -2);
  check("-x", -x, -1, -4);
  check("x + 1", x + 1, 2, 5);
  check("1 - x", 1 - x, 0, -3);
  check("2.5f * x", 2.5f * x, 2.5, 10);
  check("x / 8u", x / 8u, 0.125, 0.5);
  check("8 / x", 8L / x, 8, 2);
  check("x^2", pow(x, 2), 1, 16);
  check("2^x", pow(2, x), 2, 16);
  check("all", -(x * y + 3 - y / 2) / 2, -2, 2);
}

BOOST_AUTO_TEST_CASE(comparisons_and_choices) {
  Tape tape;
  const Scalar nan = not_a_number;
  const Variable x = tape.input(Array{-2, 0, 3, nan, 1}), y = tape.input(Array{-2, 1, 2, 1, nan});
  const auto check = [](const char* what, const Variable& v, const std::vector<double>& expected) {
    check_value(what, v, {5}, expected);
  };
  check("x < y", x < y, {0, 1, 0, 0, 0});
  check("x <= y", x <= y, {1, 1, 0, 0, 0});
  check("x > y", x > y, {0, 0, 1, 0, 0});
  check("x >= y", x >= y, {1, 0, 1, 0, 0});
  check("x = y", equal(x, y), {1, 0, 0, 0, 0});
  check("x != y", not_equal(x, y), {0, 1, 1, 1, 1});
  check("0 < x", 0 < x, {0, 0, 1, 0, 1});
  check("x >= 0", x >= 0, {0, 1, 1, 0, 1});
  check("maximum", maximum(x, y), {-2, 1, 3, nan, nan});
  check("minimum", minimum(x, y), {-2, 0, 2, nan, nan});
  check("where", where(x, y, 7), {-2, 7, 2, 1, nan});
  check("where of numbers", where(x > y, 1, -1), {-1, -1, 1, -1, -1});
  const Variable column = tape.input(array({2, 1}, {1, 0}));
  check_value("where broadcasts", where(column, tape.input(Array{1, 2, 3}), 9), {2, 3},
              std::vector<double>{1, 2, 3, 9, 9, 9});
}

BOOST_AUTO_TEST_CASE(division_and_powers_at_the_edge) {
  Tape tape;
  const Variable x = tape.input(array({5}, {0, 0, 1, -1, 0})),
                 y = tape.input(array({5}, {0, 1, 0, 0, -1}));
  const double inf = infinity, nan = not_a_number;
  check_value("div", x / y, {5}, std::vector<double>{nan, 0, inf, -inf, 0});
  check_value("pow", pow(x, y), {5}, std::vector<double>{1, 0, 1, 1, inf});
}

BOOST_AUTO_TEST_SUITE_END()
