// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

using namespace test;
using kernels::Map;
using kernels::MapKernels;
using kernels::Table;

namespace {

struct Row {
  const char* name;
  Map MapKernels::*kernel;
  long double (*f)(long double);
  double low, high;  // where it is compared
  double bound;      // on the relative error, in units of epsilon
};

// Where the results of exp neither overflow nor are smaller than the smallest normal number.
constexpr double least = is_double ? -708 : -87, most = is_double ? 709 : 88;

const Row rows[] = {
    {"exp", &MapKernels::exp, [](long double x) { return std::exp(x); }, least, most, 2},
    {"exp", &MapKernels::exp, [](long double x) { return std::exp(x); }, -1, 1, 2},
    {"log", &MapKernels::log, [](long double x) { return std::log(x); }, 1e-30, 1e30, 2},
    {"log", &MapKernels::log, [](long double x) { return std::log(x); }, 0.5, 2, 2},
    {"tanh", &MapKernels::tanh, [](long double x) { return std::tanh(x); }, -20, 20, 4},
    {"tanh", &MapKernels::tanh, [](long double x) { return std::tanh(x); }, -1, 1, 4},
    {"sigmoid", &MapKernels::sigmoid, [](long double x) { return 1 / (1 + std::exp(-x)); },
     least + 1, 40, 4},
    {"softplus", &MapKernels::softplus,
     [](long double x) { return std::max(x, 0.0L) + std::log1p(std::exp(-std::abs(x))); }, -80, 80,
     4},
    {"relu", &MapKernels::relu, [](long double x) { return std::max(x, 0.0L); }, -9, 9, 0},
};

// Evenly spread over [low, high], or by magnitude where that is many powers of ten.
Guarded<Scalar> spread(const Row& row, std::size_t count) {
  Guarded<Scalar> x = numbers(count, 9, 0, 1);
  const bool powers = row.low > 0 && row.high / row.low > 1e6;
  for (std::size_t i = 0; i < count; ++i) {
    const auto t = static_cast<double>(x[i]);
    x.data()[i] = static_cast<Scalar>(powers ? row.low * std::pow(row.high / row.low, t)
                                             : row.low + (row.high - row.low) * t);
  }
  return x;
}

Scalar apply(Map f, double x) {
  const auto in = static_cast<Scalar>(x);
  Scalar out = 0;
  f(&in, &out, 1);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(map)

BOOST_AUTO_TEST_CASE(functions_are_exact_to_a_few_units_in_the_last_place) {
  for (const Row& row : rows) {
    auto x = spread(row, 70'001);  // more than two slices
    for_each_table([&](const Table& table) {
      Guarded<Scalar> y{x.size()};
      (table.*row.kernel)(x.data(), y.data(), x.size());
      BOOST_TEST(y.intact());
      long double worst = 0, where = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const long double expected = row.f(x[i]);
        const long double off = expected == 0 ? std::abs(static_cast<long double>(y[i]))
                                              : std::abs((y[i] - expected) / expected);
        if (!(off <= worst)) worst = off, where = x[i];
      }
      BOOST_TEST(worst <= row.bound * epsilon,
                 row.name << "(" << where << ") is off by " << worst / epsilon << " epsilon");
    });
  }
}

BOOST_AUTO_TEST_CASE(infinities_and_what_is_no_number) {
  const double inf = infinity, tiny = std::numeric_limits<Scalar>::min();
  struct Case {
    const char* name;
    Map MapKernels::*kernel;
    double x, y;
  };
  const Case cases[] = {
      {"exp", &MapKernels::exp, inf, inf},
      {"exp", &MapKernels::exp, -inf, 0},
      {"exp", &MapKernels::exp, 0, 1},
      {"exp", &MapKernels::exp, 1e4, inf},
      {"exp", &MapKernels::exp, -1e4, 0},
      {"log", &MapKernels::log, inf, inf},
      {"log", &MapKernels::log, 0, -inf},
      {"log", &MapKernels::log, -0.0, -inf},
      {"log", &MapKernels::log, 1, 0},
      {"log", &MapKernels::log, -1, NAN},
      {"log", &MapKernels::log, -inf, NAN},
      {"tanh", &MapKernels::tanh, inf, 1},
      {"tanh", &MapKernels::tanh, -inf, -1},
      {"tanh", &MapKernels::tanh, 0, 0},
      {"tanh", &MapKernels::tanh, 100, 1},
      {"tanh", &MapKernels::tanh, tiny, tiny},
      {"sigmoid", &MapKernels::sigmoid, inf, 1},
      {"sigmoid", &MapKernels::sigmoid, -inf, 0},
      {"sigmoid", &MapKernels::sigmoid, 0, 0.5},
      {"sigmoid", &MapKernels::sigmoid, 1e4, 1},
      {"sigmoid", &MapKernels::sigmoid, -1e4, 0},
      {"softplus", &MapKernels::softplus, inf, inf},
      {"softplus", &MapKernels::softplus, -inf, 0},
      {"softplus", &MapKernels::softplus, 1e4, 1e4},
      {"softplus", &MapKernels::softplus, -1e4, 0},
      {"relu", &MapKernels::relu, inf, inf},
      {"relu", &MapKernels::relu, -inf, 0},
      {"relu", &MapKernels::relu, -0.0, 0},
  };
  for_each_table([&](const Table& table) {
    for (const auto& [name, kernel, x, y] : cases) {
      const auto got = static_cast<double>(apply(table.*kernel, x));
      BOOST_TEST((got == y || (std::isnan(got) && std::isnan(y))),
                 name << "(" << x << ") is " << got);
    }
    for (const Row& row : rows)
      BOOST_TEST(std::isnan(apply(table.*row.kernel, NAN)), row.name << "(NaN) is a number");
  });
}

// The result of an element does not depend on where in an array it is, nor on the array's length.
BOOST_AUTO_TEST_CASE(the_position_of_an_element_does_not_matter) {
  for_each_table([&](const Table& table) {
    for (const Row& row : rows) {
      const Map f = table.*row.kernel;
      auto x = spread(row, 97);
      std::vector<Scalar> alone;
      for (std::size_t i = 0; i < x.size(); ++i)
        alone.push_back(apply(f, static_cast<double>(x[i])));
      for (std::size_t begin : {0, 1, 5, 64})
        for (std::size_t size = 0; begin + size <= x.size(); ++size) {
          Guarded<Scalar> y{size};
          f(x.data() + begin, y.data(), size);
          BOOST_REQUIRE(y.intact());
          for (std::size_t i = 0; i < size; ++i)
            BOOST_REQUIRE_MESSAGE(y[i] == alone[begin + i],
                                  row.name << " of element " << i << " of " << size << " differs");
        }
    }
  });
}

BOOST_AUTO_TEST_CASE(in_place_and_on_any_number_of_threads) {
  for_each_table([&](const Table& table) {
    for (const Row& row : rows) {
      const Map f = table.*row.kernel;
      auto x = spread(row, 70'001);
      Guarded<Scalar> y{x.size()};
      f(x.data(), y.data(), x.size());
      check_threads(row.name, [&] {
        Guarded<Scalar> z = x;
        f(z.data(), z.data(), z.size());
        BOOST_TEST((z == y), row.name << " in place");
        return z;
      });
    }
  });
}

BOOST_AUTO_TEST_CASE(activations_and_their_gradients) {
  using enum Activation;
  const auto derivative = [](Activation activation, double y) {
    switch (activation) {
      case relu: return y > 0 ? 1.0 : 0.0;
      case tanh: return 1 - y * y;
      case sigmoid: return y * (1 - y);
      default: return 1.0;
    }
  };
  for_each_table([&](const Table& table) {
    for (const auto& [activation, kernel] :
         {std::pair{relu, table.relu}, {tanh, table.tanh}, {sigmoid, table.sigmoid}, {none, Map{}}})
      for (std::size_t size : {1, 7, 16, 33, 40'000}) {
        auto x = numbers(size, 1, -3, 3), g = numbers(size, 2);
        Guarded<Scalar> y{size}, expected{size}, dx{size};
        table.activate(activation, x.data(), y.data(), size);
        kernel != nullptr ? kernel(x.data(), expected.data(), size) : void(expected = x);
        BOOST_TEST((y == expected));
        std::vector<double> gradient;
        for (std::size_t i = 0; i < size; ++i)
          gradient.push_back(static_cast<double>(g[i]) *
                             derivative(activation, static_cast<double>(y[i])));
        table.activate_grad(activation, y.data(), g.data(), dx.data(), size);
        check_close(dx, gradient, 4 * epsilon, "activate_grad");
        Guarded<Scalar> in_place = g, z = x;
        table.activate_grad(activation, y.data(), in_place.data(), in_place.data(), size);
        table.activate(activation, z.data(), z.data(), size);
        BOOST_TEST((in_place == dx));
        BOOST_TEST((z == y));
      }
  });
}

BOOST_AUTO_TEST_SUITE_END()
