// SPDX-License-Identifier: MIT
// What finite differences cannot tell: gradients at kinks and ties, and what dropout drops.
#include "reference.hpp"

#include <xtape/ops.hpp>

using namespace test;

namespace {

// The gradient of the sum of f(x), each element times its number from 1 on.
std::vector<double> gradient(const Array& x, const std::function<Variable(const Variable&)>& f) {
  Tape tape;
  const Variable v = tape.variable(x);
  const Variable y = f(v);
  Array weights = counting(y.shape());
  for (Scalar& w : weights) w += 1;
  tape.backward(sum(y * tape.input(weights)));
  return elements(v.grad());
}

void check(const std::vector<double>& got, const std::vector<double>& expected) {
  BOOST_TEST(got == expected, boost::test_tools::per_element());
}

double count_zeros(const Array& a) {
  return static_cast<double>(std::count(a.data(), a.data() + a.size(), Scalar{0}));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gradients_at_kinks)

BOOST_AUTO_TEST_CASE(of_elementwise_functions) {
  const Array x = array({3}, {-2, 0, 3});
  check(gradient(x, [](const Variable& v) { return abs(v); }), {-1, 0, 3});
  check(gradient(x, [](const Variable& v) { return maximum(v, 0); }), {0, 1, 3});
  check(gradient(x, [](const Variable& v) { return minimum(0, v); }), {1, 1, 0});
  check(gradient(x, [](const Variable& v) { return maximum(v, v); }), {1, 2, 3});
  check(gradient(x, [](const Variable& v) { return where(v, v, 5); }), {1, 0, 3});
  check(gradient(x, [](const Variable& v) { return relu(v); }), {0, 0, 3});
  check(gradient(x, [](const Variable& v) { return leaky_relu(v, {.slope = 0.5}); }), {0.5, 1, 3});
  check(gradient(array({2}, {0, 3}), [](const Variable& v) { return elu(v, {.alpha = 0.5}); }),
        {0.5, 2});
  check(gradient(x, [](const Variable& v) { return hard_sigmoid(1.5 * v); }), {0, 0.5, 0});
  check(gradient(x, [](const Variable& v) { return clip(v, {.min = -2, .max = 0}); }), {1, 2, 0});
  check(gradient(x, [](const Variable& v) { return clip(v, {.min = 0, .max = 0}); }), {0, 2, 0});
}

BOOST_AUTO_TEST_CASE(no_gradient_flows_through_comparisons) {
  Tape tape;
  const Variable x = tape.variable({-2, 0, 3}), y = tape.variable({-2, 1, 2});
  for (const Variable& constant : {x<y, x <= y, x> y, x >= y, 0 < x, equal(x, y), not_equal(x, y),
                                   sign(x), floor(x), round(x), where(x > y, 1, 2)})
    BOOST_TEST(!constant.needs_grad());
  tape.backward(sum(where(x, y, 2 * y) + (x < y) * y));
  check(elements(x.grad()), {0, 0, 0});
  check(elements(y.grad()), {1, 3, 1});
}

BOOST_AUTO_TEST_CASE(of_powers_of_zero) {
  const Array zero = array({2}, {0, 0});
  check(gradient(zero, [](const Variable& v) { return pow(v, 0); }), {0, 0});
  check(gradient(zero, [](const Variable& v) { return pow(v, 1); }), {1, 2});
  check(gradient(zero, [](const Variable& v) { return pow(v, 2); }), {0, 0});
  check(gradient(array({2}, {1, 2}), [](const Variable& v) { return pow(0, v); }), {0, 0});
}

BOOST_AUTO_TEST_CASE(large_numbers_do_not_overflow_on_the_way_back) {
  const Array x = array({4}, {-1000, -30, 30, 1000});
  const auto each = [&x](auto f) { return gradient(x, f); };
  const auto softplus_grad = each([](const Variable& v) { return softplus(v); });
  BOOST_TEST(close(softplus_grad[3], 4, epsilon));
  BOOST_TEST(softplus_grad[0] == 0.0);
  BOOST_TEST(close(softplus_grad[1] * (1 + std::exp(30.0)), 2, 16 * epsilon));
  check(each([](const Variable& v) { return sigmoid(v) * 0; }), {0, 0, 0, 0});
  for (double g : each([](const Variable& v) { return log_softmax(v); }))
    BOOST_TEST(std::isfinite(g));
}

BOOST_AUTO_TEST_CASE(of_reductions) {
  check(gradient(array({3}, {0, 2, 3}), [](const Variable& v) { return prod(v); }), {6, 0, 0});
  check(gradient(array({3}, {0, 0, 3}), [](const Variable& v) { return prod(v); }), {0, 0, 0});
  check(gradient(array({3}, {0, 0, 0}), [](const Variable& v) { return norm(v); }), {0, 0, 0});
  check(gradient(array({3}, {2, 2, 2}), [](const Variable& v) { return stddev(v); }), {0, 0, 0});
  check(gradient(array({4}, {5, 1, 1, 5}), [](const Variable& v) { return min(v) * 2; }),
        {0, 1, 1, 0});
}

BOOST_AUTO_TEST_CASE(equal_maxima_share_the_gradient) {
  check(gradient(array({4}, {5, 1, 5, 5}), [](const Variable& v) { return max(v) * 3; }),
        {1, 0, 1, 1});
  check(gradient(array({2, 2}, {2, 2, 1, 4}),
                 [](const Variable& v) { return max(v, {.axes = {1}}); }),
        {0.5, 0.5, 0, 2});
}

BOOST_AUTO_TEST_CASE(the_first_of_equal_maxima_of_a_window_gets_the_gradient) {
  const auto pool = [](const Variable& v) { return max_pool2d(v); };
  check(gradient(array({1, 2, 4, 1}, {1, 7, 0, 0, 7, 7, 0, 0}), pool), {0, 1, 2, 0, 0, 0, 0, 0});
  // The same for many channels, which go through other code.
  for (std::size_t channels : {1, 4, 16, 17, 40}) {
    const auto g = gradient(full({1, 2, 2, channels}, 3), pool);
    for (std::size_t i = 0; i < g.size(); ++i)
      BOOST_TEST(g[i] == (i < channels ? static_cast<double>(i + 1) : 0.0));
  }
}

BOOST_AUTO_TEST_CASE(a_label_masked_by_infinity_has_a_gradient) {
  const std::vector<std::int32_t> labels{1};
  Tape tape;
  const Variable x = tape.variable(array({1, 3}, {-INFINITY, 0, 0}));
  tape.backward(softmax_cross_entropy(x, labels));
  check(elements(x.grad()), {0, -0.5, 0.5});
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(dropping)

BOOST_AUTO_TEST_CASE(the_share_and_the_mean) {
  const Shape shape{1000, 200};
  const Array x = full(shape, 3);
  for (double rate : {0.01, 0.25, 0.5, 0.9}) {
    Rng rng{6};
    Tape tape{Mode::train, rng};
    const Array y = dropout(tape.input(x), {rate}).value();
    const auto kept = static_cast<Scalar>(3 / (1 - rate));
    for (Scalar v : y) BOOST_REQUIRE((v == 0 || std::abs(v / kept - 1) <= 2 * epsilon));
    const double n = static_cast<double>(x.size()), deviation = std::sqrt(rate * (1 - rate) / n);
    BOOST_TEST(std::abs(count_zeros(y) / n - rate) < 4 * deviation);
    BOOST_TEST(std::abs(sum_of(y) / n - 3) < 12 * deviation / (1 - rate));
  }
}

BOOST_AUTO_TEST_CASE(neighbours_are_independent) {
  Rng rng{5};
  Tape tape{Mode::train, rng};
  const Array y = dropout(tape.input(full({200'000}, 1)), {.rate = 0.5}).value();
  for (std::size_t lag : {1, 2, 3, 4, 8, 64, 256, 1024, 32768}) {
    double product = 0;  // of -1 and 1
    for (std::size_t i = lag; i < y.size(); ++i) product += (y(i) - 1) * (y(i - lag) - 1);
    BOOST_TEST(std::abs(product) < 4 * std::sqrt(200'000.0), "lag " << lag << ": " << product);
  }
}

BOOST_AUTO_TEST_CASE(equal_generators_drop_the_same) {
  const Array x = random({50, 30}, 1, 2);
  const auto drop = [&x](Rng rng, int op = 0) {
    Tape tape{Mode::train, rng};
    Variable y = dropout(tape.input(x));
    for (int i = 0; i < op; ++i) y = dropout(tape.input(x));
    return y.value();
  };
  BOOST_TEST(same_bits(drop(Rng{1}), drop(Rng{1})));
  BOOST_TEST(!same_bits(drop(Rng{1}), drop(Rng{2})));     // another seed
  BOOST_TEST(!same_bits(drop(Rng{1}), drop(Rng{1, 1})));  // another pass
  BOOST_TEST(!same_bits(drop(Rng{1}), drop(Rng{1}, 1)));  // another op of the pass
}

BOOST_AUTO_TEST_CASE(a_tape_takes_one_number_for_all_its_ops) {
  Rng rng{1};
  Tape tape{Mode::train, rng};
  const Variable x = tape.input(full({100}, 1));
  dropout(dropout(x));
  BOOST_TEST(rng.position() == 1u);
  Tape eval{Mode::eval, rng};
  BOOST_TEST(rng.position() == 2u);  // so both modes leave the generator alike
}

BOOST_AUTO_TEST_CASE(identities) {
  Rng rng{1};
  Tape train{Mode::train, rng}, eval{Mode::eval, rng}, eval_without_rng{Mode::eval};
  for (Tape* tape : {&eval, &eval_without_rng}) {
    const Variable x = tape->input(random({10}));
    BOOST_TEST(&*dropout(x, {.rate = 0.9}).shared_value() == &x.value());
  }
  const Variable x = train.variable(random({10}));
  BOOST_TEST(&*dropout(x, {.rate = 0}).shared_value() == &x.value());
}

BOOST_AUTO_TEST_CASE(the_gradient_has_the_mask_of_the_value) {
  Rng rng{3};
  Tape tape{Mode::train, rng};
  const Variable x = tape.variable(full({777}, 1));
  const Variable y = dropout(x, {.rate = 0.3});
  const Array value = y.value();
  tape.backward(sum(y));
  BOOST_TEST(same_bits(x.grad(), value));
}

BOOST_AUTO_TEST_SUITE_END()
