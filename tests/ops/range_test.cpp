// SPDX-License-Identifier: MIT
// Results that fit into a Scalar though a square, power, factor or sum on the way to them would not, and
// sums of so many terms that a float would stop to grow.
#include "reference.hpp"

#include <xtape/ops.hpp>
#include <xtape/optim.hpp>

#include <functional>

using namespace test;

BOOST_AUTO_TEST_SUITE(range)

namespace {

// 10^k, or as far from 1 for a double as that is for a float.
double power(double k) { return std::pow(10, is_double ? 8 * k : k); }

constexpr double denormal = is_double ? 1e-310 : 1e-40;

// Where many terms are added: doubles have no wider type for that.
constexpr double of_sums = is_double ? 1e-11 : 2 * epsilon;

// The gradients of a scalar function of scalars, times `above`.
std::vector<double> gradients(const std::vector<double>& inputs, double above,
                              const std::function<Variable(std::span<const Variable>)>& f) {
  Tape tape;
  std::vector<Variable> x;
  for (double value : inputs) x.push_back(tape.variable(full({}, static_cast<Scalar>(value))));
  tape.backward(f(x) * static_cast<Scalar>(above));
  std::vector<double> all;
  for (const Variable& v : x) all.push_back(static_cast<double>(v.grad()()));
  return all;
}

void check(const std::string& what, double got, double expected, double tolerance = 8 * epsilon) {
  const bool right = expected == 0 ? got == 0 : std::abs(got / expected - 1) <= tolerance;
  BOOST_TEST(right, what << ": " << got << ", expected " << expected);
}

}  // namespace

BOOST_AUTO_TEST_CASE(of_the_gradient_of_a_quotient) {
  struct Row {
    double a, b, above;  // powers of ten
  };
  // The gradient of b is -10^(above + a - 2 b).
  for (const auto& [a, b, above] :
       {Row{20, 20, 0}, Row{-25, -25, 0}, Row{0, -25, -30}, Row{37, 20, -10}, Row{20, -20, -37},
        Row{37, 37, 0}, Row{-37, -37, -37}, Row{20, -10, -3}}) {
    const auto g =
        gradients({power(a), power(b)}, power(above), [](auto x) { return x[0] / x[1]; });
    const std::string name = "1e" + std::to_string(a) + " / 1e" + std::to_string(b);
    check(name, g[1], -power(above + a - 2 * b), 32 * epsilon);
    check(name, g[0], power(above - b), 32 * epsilon);
  }
  const auto zero = gradients({power(20), power(-25)}, 0, [](auto x) { return x[0] / x[1]; });
  BOOST_TEST(zero == std::vector<double>(2), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_the_gradients_of_powers) {
  const auto raise = [](auto x) { return pow(x[0], x[1]); };
  check("1 / x", gradients({power(-20), -1}, power(-10), raise)[0], -power(30), 32 * epsilon);
  check("x^3", gradients({power(20), 3}, power(-20), raise)[0], 3 * power(20), 32 * epsilon);
  const double log = std::log(power(20));
  check("x^2", gradients({power(20), 2}, power(-30), raise)[1], power(10) * log, 32 * epsilon);
  check("x^-2", gradients({power(20), -2}, power(30), raise)[1], power(-10) * log, 32 * epsilon);
  BOOST_TEST(gradients({power(-20), -1}, 0, raise) == std::vector<double>(2),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_the_gradients_of_functions) {
  const double most = std::numeric_limits<Scalar>::max();
  const auto tiny = static_cast<double>(static_cast<Scalar>(denormal));
  const auto of_log = [](auto x) { return log(x[0]); };
  check("log", gradients({tiny}, power(-10), of_log)[0], power(-10) / tiny);
  check("log", gradients({tiny}, 0, of_log)[0], 0);
  check("log", gradients({most}, power(10), of_log)[0], power(10) / most);
  check("square", gradients({most / 1.5}, power(-10), [](auto x) { return square(x[0]); })[0],
        2 * power(-10) * (most / 1.5));
  check("sqrt", gradients({power(-30)}, power(20), [](auto x) { return sqrt(x[0]); })[0],
        0.5 * power(35), 32 * epsilon);
}

BOOST_AUTO_TEST_CASE(of_means) {
  Tape tape;
  if (!is_double)  // doubles have no wider type to be added in
    check("mean", mean(tape.input(full({100}, static_cast<Scalar>(1e38)))).item(), 1e38);
  // 2 (x - y) / count times the gradient from above, of which 2 / count alone is too small.
  const double above = static_cast<double>(std::numeric_limits<Scalar>::min());
  const Variable x = tape.variable(full({1000}, 1000));
  tape.backward(mse(x, zeros({1000})) * static_cast<Scalar>(above));
  check("mse", static_cast<double>(x.grad()(7)), 2 * above);
}

// The factor is below the smallest normal number, which a kernel takes for zero.
BOOST_AUTO_TEST_CASE(of_clipped_gradients) {
  const double large = is_double ? 4.3e307 : 4.3e37;
  Parameter p{zeros({4})};
  p.grad() = full({4}, static_cast<Scalar>(large));
  Parameter* const all[] = {&p};
  ClipNorm clip{1};
  SGD sgd{{.learning_rate = 1}};
  walk(all, clip);
  walk(all, sgd);
  check("norm", clip.norm(), 2 * large, epsilon);
  for (double w : elements(p.value())) check("step", w, -0.5, epsilon);
}

BOOST_AUTO_TEST_CASE(of_long_rows) {
  constexpr std::size_t classes = 250'000;
  const auto n = static_cast<double>(classes);
  const std::vector<std::int32_t> labels{77};
  Tape tape;
  const Variable x = tape.variable(full({1, classes}, 3));
  const Variable loss = softmax_cross_entropy(x, labels, {.label_smoothing = 0.1});
  check("loss", static_cast<double>(loss.item()), std::log(n), of_sums);
  check("softmax", static_cast<double>(softmax(x).value()(0, 8)), 1 / n, 2 * epsilon);
  check("log_softmax", static_cast<double>(log_softmax(x).value()(0, 8)), -std::log(n),
        2 * epsilon);
  tape.backward(loss);
  BOOST_TEST(std::abs(sum_of(x.grad())) <= 2 * of_sums);
  check("gradient", static_cast<double>(x.grad()(0, 77)), 0.9 * (1 / n - 1), 4 * epsilon);
}

// A row of softmax has a gradient from above whose sum, and product with y, is one of many terms.
BOOST_AUTO_TEST_CASE(of_the_gradients_of_long_rows) {
  constexpr std::size_t classes = 250'000;
  Array above = full({classes}, Scalar{0.1F});
  above(0) = 1;
  const auto gradient = [&above](auto f) {
    Tape tape;
    const Variable x = tape.variable(zeros({classes}));
    tape.backward(sum(f(x) * tape.input(above)));
    return elements(x.grad());
  };
  const auto n = static_cast<double>(classes);
  const double tenth = static_cast<double>(Scalar{0.1F}), total = (n - 1) * tenth + 1;
  const auto d_softmax = gradient([](const Variable& x) { return softmax(x); });
  check("softmax", d_softmax[0], (1 - total / n) / n, 2 * of_sums);
  const auto d_logs = gradient([](const Variable& x) { return log_softmax(x); });
  check("log_softmax", d_logs[0], 1 - total / n, 2 * of_sums);
}

BOOST_AUTO_TEST_CASE(of_large_windows) {
  constexpr std::size_t size = 4200;
  Tape tape;
  const Variable ones = tape.input(full({1, size, size, 1}, 1));
  check("avg_pool2d", static_cast<double>(avg_pool2d(ones, {.window = size}).value()(0, 0, 0, 0)),
        1, epsilon);
}

// The bias of a dense layer gets the sum over all rows.
BOOST_AUTO_TEST_CASE(of_many_rows) {
  constexpr std::size_t rows = 500'000;
  Tape tape;
  const Variable x = tape.input(zeros({rows, 1})), w = tape.input(zeros({1, 3}));
  const Variable bias = tape.variable(zeros({3}));
  const Scalar above{0.1F};
  tape.backward(sum(dense(x, w, bias) * above));
  for (double g : elements(bias.grad()))
    check("bias", g, static_cast<double>(above) * static_cast<double>(rows), of_sums);
}

BOOST_AUTO_TEST_SUITE_END()
