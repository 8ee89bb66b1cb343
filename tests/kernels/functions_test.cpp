// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

#include <numbers>

using namespace test;

BOOST_AUTO_TEST_SUITE(functions)

using kernels::Function;
using kernels::Source;
using Kernels = Table<kernels::FunctionKernels>;

namespace {

struct Row {
  const char* name;
  Function function;
  long double (*f)(long double);
  double low, high;  // where it is compared
  double bound;      // on the relative error, in units of epsilon
};

// Where the results of exp neither overflow nor are smaller than the smallest normal number.
constexpr double least = is_double ? -708 : -87, most = is_double ? 709 : 88;

const Row rows[] = {
    {"exp", Function::exp, [](long double x) { return std::exp(x); }, least, most, 2},
    {"exp", Function::exp, [](long double x) { return std::exp(x); }, -1, 1, 2},
    {"expm1", Function::expm1, [](long double x) { return std::expm1(x); }, -40, most, 4},
    {"expm1", Function::expm1, [](long double x) { return std::expm1(x); }, -1, 1, 4},
    {"expm1", Function::expm1, [](long double x) { return std::expm1(x); }, 1e-30, 0.5, 4},
    {"log", Function::log, [](long double x) { return std::log(x); }, 1e-30, 1e30, 2},
    {"log", Function::log, [](long double x) { return std::log(x); }, 0.5, 2, 2},
    {"tanh", Function::tanh, [](long double x) { return std::tanh(x); }, -20, 20, 4},
    {"tanh", Function::tanh, [](long double x) { return std::tanh(x); }, -1, 1, 4},
    {"sigmoid", Function::sigmoid, [](long double x) { return 1 / (1 + std::exp(-x)); }, least + 1,
     40, 4},
    {"log1p", Function::log1p, [](long double x) { return std::log1p(x); }, -0.99, 3, 4},
    {"softplus", Function::softplus, [](long double x) { return std::log1p(std::exp(x)); },
     least + 1, 40, 4},
    {"log1p", Function::log1p, [](long double x) { return std::log1p(x); }, 1e-30, 3.4e38, 4},
    {"erf", Function::erf, [](long double x) { return std::erf(x); }, -4, 4, 4},
    {"normal_cdf", Function::normal_cdf,
     [](long double x) { return std::erfc(-x / std::numbers::sqrt2_v<long double>) / 2; }, -0.5, 6,
     4},
    {"sin", Function::sin, [](long double x) { return std::sin(x); }, -3, 3, 4},
    {"cos", Function::cos, [](long double x) { return std::cos(x); }, -1.5, 1.5, 4},
    {"sin", Function::sin, [](long double x) { return std::sin(x); }, -1e5, 1e5, 4},
    {"cos", Function::cos, [](long double x) { return std::cos(x); }, -1e5, 1e5, 4},
    {"sin", Function::sin, [](long double x) { return std::sin(x); }, 1e-30, 1e30, 4},
    {"floor", Function::floor, [](long double x) { return std::floor(x); }, -9, 9, 0},
    {"floor", Function::floor, [](long double x) { return std::floor(x); }, 1e-30, 1e30, 0},
    {"round", Function::round, [](long double x) { return std::nearbyint(x); }, -9, 9, 0},
    {"round", Function::round, [](long double x) { return std::nearbyint(x); }, 1e-30, 1e30, 0},
    {"sqrt", Function::sqrt, [](long double x) { return std::sqrt(x); }, 0, 9, 1},
    {"abs", Function::abs, [](long double x) { return std::abs(x); }, -9, 9, 0},
    {"negate", Function::negate, [](long double x) { return -x; }, -9, 9, 0},
    {"copy", Function::copy, [](long double x) { return x; }, -9, 9, 0},
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

void apply(const Kernels& table, Function f, const Scalar* x, Scalar* y, std::size_t size) {
  const Source from{x};
  table.apply[static_cast<std::size_t>(f)](&from, y, size);
}
Scalar apply(const Kernels& table, Function f, double x) {
  const auto in = static_cast<Scalar>(x);
  Scalar out = 0;
  apply(table, f, &in, &out, 1);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(functions_are_exact_to_a_few_units_in_the_last_place) {
  for (const Row& row : rows) {
    auto x = spread(row, 70'001);
    for_each_set<Kernels>([&](const Kernels& table) {
      Guarded<Scalar> y{x.size()};
      apply(table, row.function, x.data(), y.data(), x.size());
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
    Function function;
    double x, y;
  };
  const Case cases[] = {
      {"exp", Function::exp, inf, inf},
      {"exp", Function::exp, -inf, 0},
      {"exp", Function::exp, 0, 1},
      {"exp", Function::exp, 1e4, inf},
      {"exp", Function::exp, -1e4, 0},
      {"expm1", Function::expm1, inf, inf},
      {"expm1", Function::expm1, -inf, -1},
      {"expm1", Function::expm1, 0, 0},
      {"log", Function::log, inf, inf},
      {"log", Function::log, 0, -inf},
      {"log", Function::log, -0.0, -inf},
      {"log", Function::log, 1, 0},
      {"log", Function::log, -1, NAN},
      {"log", Function::log, -inf, NAN},
      {"tanh", Function::tanh, inf, 1},
      {"tanh", Function::tanh, -inf, -1},
      {"tanh", Function::tanh, 0, 0},
      {"tanh", Function::tanh, 100, 1},
      {"tanh", Function::tanh, tiny, tiny},
      {"sigmoid", Function::sigmoid, inf, 1},
      {"sigmoid", Function::sigmoid, -inf, 0},
      {"sigmoid", Function::sigmoid, 0, 0.5},
      {"sigmoid", Function::sigmoid, 1e4, 1},
      {"sigmoid", Function::sigmoid, -1e4, 0},
      {"softplus", Function::softplus, inf, inf},
      {"softplus", Function::softplus, -inf, 0},
      {"softplus", Function::softplus, 1e4, 1e4},
      {"sign", Function::sign, -3, -1},
      {"sign", Function::sign, 0, 0},
      {"sign", Function::sign, inf, 1},
      {"sign", Function::sign, NAN, NAN},
      {"log1p", Function::log1p, -1, -inf},
      {"log1p", Function::log1p, inf, inf},
      {"erf", Function::erf, inf, 1},
      {"erf", Function::erf, -inf, -1},
      {"erf", Function::erf, 0, 0},
      {"normal_cdf", Function::normal_cdf, inf, 1},
      {"normal_cdf", Function::normal_cdf, -inf, 0},
      {"normal_cdf", Function::normal_cdf, 0, 0.5},
      {"log1p", Function::log1p, -1.5, NAN},
      {"log1p", Function::log1p, tiny, tiny},
      {"log1p", Function::log1p, std::numeric_limits<Scalar>::max(),
       static_cast<double>(std::log(std::numeric_limits<Scalar>::max()))},
      {"floor", Function::floor, -0.5, -1},
      {"floor", Function::floor, -inf, -inf},
      {"floor", Function::floor, NAN, NAN},
      {"round", Function::round, 0.5, 0},
      {"round", Function::round, 1.5, 2},
      {"round", Function::round, -2.5, -2},
      {"round", Function::round, inf, inf},
      {"round", Function::round, NAN, NAN},
      {"sqrt", Function::sqrt, -1, NAN},
      {"sqrt", Function::sqrt, inf, inf},
  };
  for_each_set<Kernels>([&](const Kernels& table) {
    for (const auto& [name, function, x, y] : cases) {
      const auto got = static_cast<double>(apply(table, function, x));
      BOOST_TEST((got == y || (std::isnan(got) && std::isnan(y))),
                 name << "(" << x << ") is " << got);
    }
    for (const Row& row : rows)
      BOOST_TEST(std::isnan(apply(table, row.function, NAN)), row.name << "(NaN) is a number");
  });
}

#if !defined(XTAPE_DOUBLE)  // that of xsimd takes the smallest doubles for one number
BOOST_AUTO_TEST_CASE(logarithms_of_what_is_not_normal) {
  for_each_set<Kernels>([&](const Kernels& table) {
    for (const double parts : {1, 2, 1000, 1 << 20}) {
      const double x = parts * static_cast<double>(std::numeric_limits<Scalar>::denorm_min());
      const double log = std::log(x);
      const auto got = static_cast<double>(apply(table, Function::log, x));
      BOOST_TEST(std::abs(got - log) <= 2 * epsilon * std::abs(log), "log(" << x << ") is " << got);
    }
  });
}
#endif

BOOST_AUTO_TEST_CASE(the_slope_of_gelu_is_exact_beside_1) {
  const Row row{"gelu_slope", Function::gelu_slope, {}, -9, 9, 0};
  auto x = spread(row, 7'001);
  const Scalar one = 1;
  for_each_set<Kernels>([&](const Kernels& table) {
    const Source from[] = {{&one, true}, {x.data()}};
    Guarded<Scalar> y{x.size()};
    table.apply[static_cast<std::size_t>(row.function)](from, y.data(), x.size());
    BOOST_TEST(y.intact());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto a = static_cast<double>(x[i]);
      const double slope = std::erfc(-a / std::numbers::sqrt2) / 2 +
                           a * std::exp(-a * a / 2) / std::sqrt(2 * std::numbers::pi);
      BOOST_TEST(std::abs(static_cast<double>(y[i]) - slope) <= 2 * epsilon);
    }
  });
}

BOOST_AUTO_TEST_CASE(gelu_and_its_slope_at_once) {
  const Row row{"gelu", Function::gelu_slope, {}, -9, 9, 0};
  for (const std::size_t size : {1, 7, 97, 7'001}) {
    auto x = spread(row, size);
    for_each_set<Kernels>([&](const Kernels& table) {
      Guarded<Scalar> y = x, same = x, slope{size};
      table.gelu(y.data(), slope.data(), size);
      table.gelu(same.data(), nullptr, size);
      BOOST_TEST((y.intact() && slope.intact() && same == y));
      for (std::size_t i = 0; i < size; ++i) {
        const auto a = static_cast<double>(x[i]);
        const double below = std::erfc(-a / std::numbers::sqrt2) / 2;
        const double d = below + a * std::exp(-a * a / 2) / std::sqrt(2 * std::numbers::pi);
        BOOST_TEST(std::abs(static_cast<double>(y[i]) - a * below) <=
                   4 * epsilon * std::max(1.0, std::abs(a)));
        BOOST_TEST(std::abs(static_cast<double>(slope[i]) - d) <= 2 * epsilon);
      }
    });
  }
}

// The result of an element does not depend on where in an array it is, nor on the array's length.
BOOST_AUTO_TEST_CASE(the_position_of_an_element_does_not_matter) {
  for_each_set<Kernels>([&](const Kernels& table) {
    for (const Row& row : rows) {
      auto x = spread(row, 97);
      std::vector<Scalar> alone;
      for (std::size_t i = 0; i < x.size(); ++i)
        alone.push_back(apply(table, row.function, static_cast<double>(x[i])));
      for (std::size_t begin : {0, 1, 5, 64})
        for (std::size_t size = 0; begin + size <= x.size(); ++size) {
          Guarded<Scalar> y{size};
          apply(table, row.function, x.data() + begin, y.data(), size);
          BOOST_REQUIRE(y.intact());
          for (std::size_t i = 0; i < size; ++i)
            BOOST_REQUIRE_MESSAGE(y[i] == alone[begin + i],
                                  row.name << " of element " << i << " of " << size << " differs");
        }
    }
  });
}

// Functions of two to four sources, beside the same for single numbers.
struct Mixed {
  const char* name;
  Function function;
  long double (*f)(long double, long double, long double, long double);
  double low = -3, high = 3;  // of the first two
  double bound = 0;           // in units of epsilon
};

const Mixed mixed[] = {
    {"add", Function::add, [](auto a, auto b, auto, auto) { return a + b; }, -3, 3, 0.5},
    {"subtract", Function::subtract, [](auto a, auto b, auto, auto) { return a - b; }, -3, 3, 0.5},
    {"multiply", Function::multiply, [](auto a, auto b, auto, auto) { return a * b; }, -3, 3, 0.5},
    {"divide", Function::divide, [](auto a, auto b, auto, auto) { return a / b; }, -3, 3, 0.5},
    {"less", Function::less, [](auto a, auto b, auto, auto) { return 1.0L * (a < b); }},
    {"less_equal", Function::less_equal,
     [](auto a, auto b, auto, auto) { return 1.0L * (a <= b); }},
    {"equal", Function::equal, [](auto a, auto b, auto, auto) { return 1.0L * (a == b); }},
    {"maximum", Function::maximum, [](auto a, auto b, auto, auto) { return std::max(a, b); }},
    {"minimum", Function::minimum, [](auto a, auto b, auto, auto) { return std::min(a, b); }},
    {"pow", Function::pow, [](auto a, auto b, auto, auto) { return std::pow(a, b); }, 0, 9, 1},
    {"where", Function::where, [](auto a, auto b, auto c, auto) { return a != 0 ? b : c; }},
    {"quotient_slope", Function::quotient_slope,
     [](auto g, auto a, auto b, auto) { return -g * a / (b * b); }, -3, 3, 3},
    {"power_slope", Function::power_slope,
     [](auto g, auto a, auto b, auto) { return g * b * std::pow(a, b - 1); }, 0, 5, 1},
    {"exponent_slope", Function::exponent_slope,
     [](auto g, auto a, auto b, auto) { return g * std::pow(a, b) * std::log(a); }, 0, 5, 2},
    {"less_where", Function::less_where,
     [](auto a, auto b, auto c, auto d) { return a < b ? c : d; }},
    {"equal_where", Function::equal_where,
     [](auto a, auto b, auto c, auto d) { return a == b ? c : d; }},
};

BOOST_AUTO_TEST_CASE(mixes_of_arrays_and_numbers) {
  for (const Mixed& row : mixed)
    for (std::size_t size : {1, 7, 16, 33, 200})
      for (unsigned repeated = 0; repeated < 16; ++repeated) {
        Guarded<Scalar> inputs[] = {numbers(size, 1, row.low, row.high),
                                    numbers(size, 2, row.low, row.high), numbers(size, 3, -2, 2),
                                    numbers(size, 4)};
        for (std::size_t i = 0; i < size; i += 5) inputs[1].data()[i] = inputs[0][i];  // equal ones
        Source sources[kernels::most_sources];
        for (unsigned k = 0; k < 4; ++k) sources[k] = {inputs[k].data(), (repeated >> k & 1) != 0};
        for_each_set<Kernels>([&](const Kernels& table) {
          Guarded<Scalar> y{size};
          table.apply[static_cast<std::size_t>(row.function)](sources, y.data(), size);
          BOOST_TEST(y.intact());
          for (std::size_t i = 0; i < size; ++i) {
            const auto x = [&](unsigned k) {
              return static_cast<long double>(inputs[k][sources[k].repeated ? 0 : i]);
            };
            const long double expected = row.f(x(0), x(1), x(2), x(3));
            const long double off = std::abs(static_cast<long double>(y[i]) - expected);
            BOOST_REQUIRE_MESSAGE(off <= row.bound * epsilon * std::abs(expected),
                                  row.name << " of " << x(0) << ", " << x(1) << ", " << x(2)
                                           << " is " << y[i] << ", expected " << expected);
          }
        });
      }
}

// As IEEE 754 and C have it.
BOOST_AUTO_TEST_CASE(powers_of_all_kinds) {
  const double some[] = {0.0, -0.0, 1.0, -1.0, 2.0,      -2.0,      0.5, -0.5,
                         3.0, -3.0, 2.5, -2.5, infinity, -infinity, NAN};
  for_each_set<Kernels>([&](const Kernels& table) {
    for (double a : some)
      for (double b : some) {
        const auto x = static_cast<Scalar>(a), y = static_cast<Scalar>(b);
        const Source from[] = {{&x}, {&y}, {&y}};
        Scalar got = 0;
        table.apply[static_cast<std::size_t>(Function::pow)](from, &got, 1);
        const double expected = std::pow(a, b);
        const double off = std::abs(static_cast<double>(got) - expected);
        BOOST_TEST((static_cast<double>(got) == expected || off <= epsilon * std::abs(expected) ||
                    (std::isnan(got) && std::isnan(expected))),
                   a << "^" << b << " is " << got << ", expected " << expected);
      }
  });
}

BOOST_AUTO_TEST_CASE(elements_that_are_repeated) {
  for (std::size_t size : odd_sizes)
    for (std::size_t columns : {1, 2, 3, 10, 32})
      for_each_set<Kernels>([&](const Kernels& table) {
        std::vector<std::uint16_t> places(size);
        for (std::size_t i = 0; i < size; ++i)
          places[i] = static_cast<std::uint16_t>((i + 5) / columns);
        const auto x = numbers((size + 5) / columns + 1);
        Guarded<Scalar> y{size};
        table.repeat(x.elements().data(), places.data(), y.data(), size);
        BOOST_TEST(y.intact());
        for (std::size_t i = 0; i < size; ++i) BOOST_TEST(y[i] == x[places[i]]);
      });
}

BOOST_AUTO_TEST_CASE(the_larger_of_a_number_and_none_is_none) {
  for_each_set<Kernels>([&](const Kernels& table) {
    for (Function f : {Function::maximum, Function::minimum})
      for (const auto& [a, b] : {std::pair<Scalar, Scalar>{NAN, 1}, {1, NAN}}) {
        const Source from[] = {{&a}, {&b}, {}};
        Scalar got = 0;
        table.apply[static_cast<std::size_t>(f)](from, &got, 1);
        BOOST_TEST(std::isnan(got));
      }
  });
}

BOOST_AUTO_TEST_SUITE_END()
