// SPDX-License-Identifier: MIT
// Initialisers: the distribution that each formula says, for the fans of each layer.
#include "../support.hpp"

#include <xtape/layers.hpp>

#include <boost/test/unit_test.hpp>

using namespace test;

namespace {

struct Moments {
  double mean = 0, variance = 0, kurtosis = 0, largest = 0;

  explicit Moments(const Array& a) {
    const auto n = static_cast<double>(a.size());
    for (double x : elements(a)) {
      mean += x / n, variance += x * x / n, kurtosis += x * x * x * x / n;
      largest = std::max(largest, std::abs(x));
    }
    kurtosis /= variance * variance;  // 1.8 for a uniform distribution, 3 for a normal one
  }
};

struct Row {
  const char* name;
  Array (*initializer)(const Shape&, const Fans&, Rng&);
  bool uniform;
  double (*variance)(double in, double out);
};

const Row rows[] = {
    {"glorot_uniform", init::glorot_uniform, true,
     [](double in, double out) { return 2 / (in + out); }},
    {"glorot_normal", init::glorot_normal, false,
     [](double in, double out) { return 2 / (in + out); }},
    {"he_uniform", init::he_uniform, true, [](double in, double) { return 2 / in; }},
    {"he_normal", init::he_normal, false, [](double in, double) { return 2 / in; }},
    {"lecun_uniform", init::lecun_uniform, true, [](double in, double) { return 1 / in; }},
    {"lecun_normal", init::lecun_normal, false, [](double in, double) { return 1 / in; }},
    {"torch_uniform", init::torch_uniform, true, [](double in, double) { return 1 / (3 * in); }},
};

void check_distribution(const Row& row, const Array& a, double in, double out) {
  const Moments m{a};
  const double variance = row.variance(in, out), deviation = std::sqrt(variance);
  const double error = 1 / std::sqrt(static_cast<double>(a.size()));  // of a mean, in deviations
  BOOST_TEST(std::abs(m.mean) < 4 * error * deviation, row.name << ": mean " << m.mean);
  BOOST_TEST(std::abs(m.variance / variance - 1) < 6 * error,
             row.name << ": variance " << m.variance);
  BOOST_TEST(std::abs(m.kurtosis - (row.uniform ? 1.8 : 3)) < 40 * error,
             row.name << ": " << m.kurtosis);
  const double bound = std::sqrt(3 * variance);
  if (row.uniform)
    BOOST_TEST((m.largest <= bound * (1 + epsilon) && m.largest > 0.99 * bound), row.name);
  else
    BOOST_TEST(m.largest > 3.5 * deviation,
               row.name << " is truncated at " << m.largest / deviation);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(initialisers)

BOOST_AUTO_TEST_CASE(distributions) {
  for (const Row& row : rows) {
    Rng rng{11};
    check_distribution(row, row.initializer({300, 200}, {300, 200}, rng), 300, 200);
    check_distribution(row, row.initializer({300, 200}, {7, 100}, rng), 7, 100);
  }
}

BOOST_AUTO_TEST_CASE(weights_of_layers_follow_their_fans) {
  for (const Row& row : rows) {
    Rng rng{3};
    Dense dense{{.in = 150, .out = 400, .weight_init = row.initializer}, rng};
    check_distribution(row, parameters(dense)[0].parameter->value(), 150, 400);
    Conv2D conv{{.in = 30, .out = 120, .kernel = {3, 5}, .weight_init = row.initializer}, rng};
    check_distribution(row, parameters(conv)[0].parameter->value(), 15 * 30, 15 * 120);
  }
}

BOOST_AUTO_TEST_CASE(fans_and_shapes_that_layers_ask_for) {
  Shape shape;
  Fans fans{};
  const Initializer spy = [&](const Shape& s, const Fans& f, Rng&) {
    shape = s, fans = f;
    return zeros(s);
  };
  Rng rng{1};
  Dense{{.in = 7, .out = 5, .weight_init = spy}, rng};
  BOOST_TEST((shape == Shape{7, 5} && fans.in == 7 && fans.out == 5));
  Conv2D{{.in = 3, .out = 8, .kernel = {2, 5}, .weight_init = spy}, rng};
  BOOST_TEST((shape == Shape{2, 5, 3, 8} && fans.in == 30 && fans.out == 80));
  Dense{{.in = 7, .out = 5, .bias_init = spy}, rng};
  BOOST_TEST((shape == Shape{5} && fans.in == 7 && fans.out == 5));
}

BOOST_AUTO_TEST_CASE(constants) {
  Rng rng{1};
  BOOST_TEST(same_bits(init::zeros({2, 3}, {2, 3}, rng), zeros({2, 3})));
  BOOST_TEST(same_bits(init::constant(0.25)({4}, {1, 1}, rng), full({4}, Scalar{0.25})));
  BOOST_TEST(rng.position() == 0u);
}

BOOST_AUTO_TEST_CASE(weights_start_at_glorot_uniform_and_biases_at_zero) {
  Rng a{5}, b{5};
  Dense dense{{.in = 40, .out = 30}, a};
  const auto list = parameters(dense);
  BOOST_TEST(same_bits(list[0].parameter->value(), init::glorot_uniform({40, 30}, {40, 30}, b)));
  BOOST_TEST(same_bits(list[1].parameter->value(), zeros({30})));
}

BOOST_AUTO_TEST_CASE(the_seed_decides) {
  for (const Row& row : rows) {
    Rng a{5}, b{5}, c{6};
    const Array first = row.initializer({20, 30}, {20, 30}, a);
    BOOST_TEST(same_bits(first, row.initializer({20, 30}, {20, 30}, b)));
    BOOST_TEST(!same_bits(first, row.initializer({20, 30}, {20, 30}, c)));
    BOOST_TEST(!same_bits(first, row.initializer({20, 30}, {20, 30}, a)));  // it goes on
  }
}

BOOST_AUTO_TEST_SUITE_END()
