// SPDX-License-Identifier: MIT
// Formulas beside plain loops.
#include "errors.hpp"
#include "kernels/program.hpp"
#include "reference.hpp"

#include <xtape/ops.hpp>

#include <xtape/threads.hpp>

#include <boost/test/unit_test.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(formula)

namespace {

// Of three elements, with more intermediate results than one register holds.
const Formula mix{
    [](Term a, Term b, Term c) { return (a + b) * (b - c) + where(a < c, a * 2, b); }};
double plain_mix(double a, double b, double c) { return (a + b) * (b - c) + (a < c ? a * 2 : b); }

Term product_of_nine(Term x) {
  std::vector<Term> factors;
  for (int i = 0; i < 9; ++i) factors.push_back(exp(x + i));
  Term product = factors[0];
  for (int i = 1; i < 9; ++i) product = product * factors[i];
  return product;
}

}  // namespace

BOOST_AUTO_TEST_CASE(arrays_broadcast_in_every_way) {
  const Shape shapes[] = {{},        {1},       {5},          {4, 1},      {4, 5},
                          {3, 1, 1}, {3, 1, 5}, {2, 1, 4, 1}, {2, 3, 4, 5}};
  for (const Shape& p : shapes)
    for (const Shape& q : shapes)
      for (const Shape& r : shapes) {
        const Array a = random(p, -1, 1, 1), b = random(q, -1, 1, 2), c = random(r, -1, 1, 3);
        const Array y = mix(a, b, c);
        const auto expected = tabulate(y.shape(), [&](const Shape& index) {
          return plain_mix(at(a, index), at(b, index), at(c, index));
        });
        BOOST_TEST(difference(y, y.shape(), expected, 8 * epsilon) == "",
                   to_string(p) << to_string(q) << to_string(r));
      }
}

// Rows that are shorter and longer than what is computed at a time, several slices, a column.
BOOST_AUTO_TEST_CASE(large_arrays_and_any_number_of_threads) {
  for (const Shape& shape :
       {Shape{9000, 10}, Shape{70, 1000}, Shape{3, 33'000}, Shape{1, 70'001}}) {
    const Array a = random(shape, -1, 1, 1), b = random({shape[1]}, -1, 1, 2),
                c = random({shape[0], 1}, -1, 1, 3);
    const Array y = mix(a, b, c);
    std::vector<double> expected;
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      expected.push_back(plain_mix(a.data()[i], b.data()[i % shape[1]], c.data()[i / shape[1]]));
      sum += expected.back();
    }
    BOOST_TEST(difference(y, shape, expected, 8 * epsilon) == "", to_string(shape));
    const double total = mix.sum(a, b, c);
    BOOST_TEST(close(total, sum, 1e-4), to_string(shape));
    const ThreadLimit one{1};
    BOOST_TEST((mix(a, b, c) == y));
    BOOST_TEST(mix.sum(a, b, c) == total);
  }
}

BOOST_AUTO_TEST_CASE(a_result_may_replace_an_input) {
  Array a = random({40, 1000}, -1, 1, 1);
  const Array b = random({1000}, -1, 1, 2), c = random({40, 1000}, -1, 1, 3),
              expected = mix(a, b, c);
  mix.into(a, a, b, c);
  BOOST_TEST((a == expected));
  Array d = c;
  mix.into(d, c, b, d);
  BOOST_TEST((d == mix(c, b, c)));
}

BOOST_AUTO_TEST_CASE(what_is_read) {
  const Formula second{[](Term, Term b) { return b; }};
  BOOST_TEST(!second.reads(0));
  BOOST_TEST(second.reads(1));
  BOOST_TEST(second.inputs() == 2);
  const Array a = random({2, 3}), b = random({3}, -1, 1, 2);
  BOOST_TEST(difference(second(a, b), {2, 3},
                        tabulate({2, 3}, [&](const Shape& i) { return at(b, i); }), 0) == "");
  // What is computed and not used is no step, and needs no input.
  const Formula unused{[](Term x, Term y) { return exp(y), x + 1; }};
  BOOST_TEST(!unused.reads(1));
}

BOOST_AUTO_TEST_CASE(formulas_in_formulas) {
  const Formula shifted{[](Term x) { return mix(x, 2, x + 1) - x; }};
  const Array x = random({30});
  std::vector<double> expected;
  for (Scalar v : x) expected.push_back(plain_mix(v, 2, v + 1) - static_cast<double>(v));
  BOOST_TEST(difference(shifted(x), {30}, expected, 16 * epsilon) == "");
}

BOOST_AUTO_TEST_CASE(an_op_without_gradients_gives_a_constant) {
  static const Elementwise within{[](Term a, Term b, Term limit) { return abs(a - b) < limit; }};
  Tape tape;
  const Variable a = tape.variable({1, 2, 3}), b = tape.variable({1.5, 2.5, 5});
  const Variable y = within("within", a, b, {1});
  BOOST_TEST(elements(y.value()) == (std::vector<double>{1, 1, 0}));
  BOOST_TEST(!y.needs_grad());
  tape.backward(sum(y * a));
  BOOST_TEST(elements(a.grad()) == (std::vector<double>{1, 1, 0}));
  BOOST_TEST(elements(b.grad()) == (std::vector<double>{0, 0, 0}));
}

// A product that is added to, and a comparison by which is chosen, where nothing else reads them.
BOOST_AUTO_TEST_CASE(two_steps_are_one_where_they_can) {
  const auto steps = [](const Formula& f) { return f.program().steps.size(); };
  BOOST_TEST(steps([](Term a, Term b, Term c) { return a * b + c; }) == 1);
  BOOST_TEST(steps([](Term a, Term b, Term c) { return c + a * b; }) == 1);
  BOOST_TEST(steps([](Term a, Term b) { return a * a + b * b; }) == 2);
  BOOST_TEST(steps([](Term a, Term b) { return where(a > b, a, 0.5 * b); }) == 2);
  BOOST_TEST(steps([](Term a, Term b) { return where(a == b, a, 1); }) == 1);
  BOOST_TEST(steps([](Term a, Term b) { return where(a <= b, a, 1); }) == 2);
  const Formula twice{[](Term a, Term b) {
    const Term product = a * b;
    return (product + 1) / product;
  }};
  BOOST_TEST(steps(twice) == 3);
  const Formula inner{[](Term a, Term b) { return where(a < b, a * b + 1, b); }},
      outer{[&](Term a, Term b) { return inner(b, a) + 2 * a; }};
  const Array a = random({70}, -1, 1, 1), b = random({70}, -1, 1, 2);
  const auto expected = tabulate({70}, [&](const Shape& i) {
    const double x = at(a, i), z = at(b, i);
    return (z < x ? z * x + 1 : x) + 2 * x;
  });
  BOOST_TEST(difference(outer(a, b), {70}, expected, 4 * epsilon) == "");
}

BOOST_AUTO_TEST_CASE(arrays_without_elements) {
  BOOST_TEST((mix(zeros({0, 3}), zeros({3}), zeros({})).shape() == Shape{0, 3}));
  BOOST_TEST(mix.sum(zeros({0, 3}), zeros({3}), zeros({})) == 0);
}

BOOST_AUTO_TEST_CASE(mistakes) {
  const Array two = zeros({2}), three = zeros({3}), six = zeros({3, 2});
  Array y = two;
  Tape tape;
  const Variable x = tape.variable(three);
  const Elementwise scaled{[](Term a, Term factor) { return factor * a; },
                           [](Term g, Term, Term, Term factor) { return factor * g; }},
      below{[](Term a, Term limit) { return a < limit; }};
  check_failures<ShapeError>({
      {"[formula] the shapes (2,) and (3,) do not broadcast; sizes must be equal or 1, counted "
       "from "
       "the last axis",
       XTAPE_CALL(mix(two, three, two))},
      {"[formula] the shape (3, 2) does not broadcast to (2,)", XTAPE_CALL(mix.into(y, six, y, y))},
  });
  check_failures<ValueError>({
      {"[formula] expected 3 inputs, arrays and numbers together, got 2",
       XTAPE_CALL(mix(two, two))},
      {"[formula] expected a term of an input, got numbers alone; compute with numbers before the "
       "formula?",
       XTAPE_CALL(Formula{[](Term) { return Term{1} + 2; }})},
      {"[formula] expected at most 8 intermediate results at once; make two formulas of it?",
       XTAPE_CALL(Formula{product_of_nine})},
      {"[elementwise] expected gradients of 3 terms (g, those of the value's formula with the "
       "result after the inputs), got 2",
       XTAPE_CALL(Elementwise{[](Term x) { return x; }, [](Term g, Term) { return g; }})},
      {"[elementwise] expected a formula of at most 3 inputs and at most 4 numbers, got 8 terms; "
       "one "
       "gradient for each input?",
       XTAPE_CALL(Elementwise{[](Term x, Term, Term, Term, Term, Term, Term, Term) { return x; }})},
      {"[own] expected 1 inputs and 1 numbers, got 1 and 0 @", XTAPE_CALL(scaled("own", x))},
      {"[own] expected 2 inputs and numbers, at most 4 of these, got 1 and 0 @",
       XTAPE_CALL(below("own", x))},
  });
}

BOOST_AUTO_TEST_SUITE_END()
