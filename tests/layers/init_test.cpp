// SPDX-License-Identifier: MIT
// Initialisers: the distribution that each formula says, for the fans of each layer.
#include "../support.hpp"

#include <xtape/layers.hpp>

#include <boost/test/unit_test.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(initialisers)

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
  Conv2D{{.in = 6, .out = 8, .groups = 2, .weight_init = spy}, rng};
  BOOST_TEST((shape == Shape{3, 3, 3, 8} && fans.in == 27 && fans.out == 36));
  DepthwiseConv2D{{.channels = 6, .weight_init = spy}, rng};
  BOOST_TEST((shape == Shape{3, 3, 1, 6} && fans.in == 9 && fans.out == 9));
  ConvTranspose2D{{.in = 3, .out = 8, .kernel = 2, .weight_init = spy}, rng};
  BOOST_TEST((shape == Shape{2, 2, 8, 3} && fans.in == 32 && fans.out == 12));
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

BOOST_AUTO_TEST_CASE(truncated_normals_have_no_tails) {
  Rng rng{11};
  const Moments m{init::truncated_normal(0.5)({300, 200}, {300, 200}, rng)};
  const double variance = 0.25 * 0.7737413;  // of N(0, 1) in [-2, 2]: 1 - 4 pdf(2) / (2 cdf(2) - 1)
  BOOST_TEST(std::abs(m.mean) < 0.01);
  BOOST_TEST(std::abs(m.variance / variance - 1) < 0.02);
  BOOST_TEST((m.largest <= 1 && m.largest > 0.99), "the largest is " << m.largest);
}

// The smaller side of a weight as rows of numbers.
std::vector<std::vector<double>> vectors_of(const Array& weight) {
  const std::size_t columns = weight.shape().back(), rows = weight.size() / columns;
  std::vector<std::vector<double>> all(std::min(rows, columns));
  for (std::size_t i = 0; i < weight.size(); ++i)
    all[rows >= columns ? i % columns : i / columns].push_back(
        static_cast<double>(weight.data()[i]));
  return all;
}

BOOST_AUTO_TEST_CASE(orthogonal_weights) {
  for (const Shape& shape : {Shape{40, 30}, Shape{30, 40}, Shape{64, 64}, Shape{3, 3, 5, 8},
                             Shape{3, 2, 50}, Shape{1, 1}}) {
    Rng rng{3};
    const auto vectors = vectors_of(init::orthogonal(1.5)(shape, {1, 1}, rng));
    for (std::size_t i = 0; i < vectors.size(); ++i)
      for (std::size_t j = 0; j <= i; ++j) {
        double product = 0;
        for (std::size_t k = 0; k < vectors[i].size(); ++k)
          product += vectors[i][k] * vectors[j][k];
        BOOST_TEST(std::abs(product - (i == j ? 2.25 : 0)) < 64 * epsilon,
                   to_string(shape) << ": product " << product);
      }
  }
}

// Of the same numbers numpy's QR gives the same columns, but for their signs: here each still points the way of what it
// was made of, and is in the span of the numbers' first columns.
BOOST_AUTO_TEST_CASE(orthogonal_weights_are_those_of_the_numbers_drawn) {
  Rng a{3}, b{3};
  const auto q = vectors_of(init::orthogonal()({6, 4}, {6, 4}, a));
  std::vector<std::vector<double>> drawn(4, std::vector<double>(6));
  for (auto& column : drawn)
    for (double& x : column) x = b.normal();
  for (std::size_t j = 0; j < 4; ++j) {
    std::vector<double> rest = drawn[j];  // less its parts along q[0], ..., q[j]
    for (std::size_t i = 0; i <= j; ++i) {
      double r = 0;
      for (std::size_t k = 0; k < 6; ++k) r += q[i][k] * drawn[j][k];
      for (std::size_t k = 0; k < 6; ++k) rest[k] -= r * q[i][k];
      if (i == j) BOOST_TEST(r > 0, "a negative element on the diagonal of R");
    }
    for (const double x : rest) BOOST_TEST(std::abs(x) < 64 * epsilon);
  }
}

BOOST_AUTO_TEST_CASE(identities_return_what_they_get) {
  Rng rng{1};
  const auto check = [](auto layer, const Array& x) {
    Tape tape;
    BOOST_TEST(same_bits(layer(tape.input(x)).value(), x));
  };
  check(Dense{{.in = 5, .out = 5, .weight_init = init::identity}, rng}, random({3, 5}));
  Conv2D::Options conv{.in = 6, .out = 6, .padding = Padding::same, .weight_init = init::identity};
  for (std::size_t groups : {1, 2, 3, 6})
    for (const Size2D& kernel : {Size2D{3}, Size2D{2, 5}}) {
      conv.groups = groups, conv.kernel = kernel;
      check(Conv2D{conv, rng}, random({2, 4, 5, 6}));
    }
  check(Conv1D{{.in = 3, .out = 3, .padding = Padding1D::same, .weight_init = init::identity}, rng},
        random({2, 7, 3}));
  const Array wide = init::identity({2, 4}, {2, 4}, rng);
  BOOST_TEST(same_bits(wide, array({2, 4}, {1, 0, 0, 0, 0, 1, 0, 0})));
}

BOOST_AUTO_TEST_CASE(what_initialisers_refuse) {
  Rng rng{1};
  const auto says = [](const std::string& what) {
    return [what](const Error& error) { return std::string{error.what()}.starts_with(what); };
  };
  BOOST_CHECK_EXCEPTION(init::truncated_normal(-1), ValueError,
                        says("[truncated_normal] deviation must be finite and at least 0, got -1"));
  BOOST_CHECK_EXCEPTION(init::orthogonal(infinity), ValueError,
                        says("[orthogonal] gain must be finite, got inf"));
  BOOST_CHECK_EXCEPTION(init::orthogonal()({5}, {5, 5}, rng), ShapeError,
                        says("[orthogonal] expected a weight (..., in, out), got (5,)"));
  BOOST_CHECK_EXCEPTION(init::identity({5}, {5, 5}, rng), ShapeError,
                        says("[identity] expected a weight (..., in, out), got (5,)"));
}

BOOST_AUTO_TEST_SUITE_END()
