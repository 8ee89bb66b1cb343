// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

#include "half_units.hpp"

#include "kernels/half_product.hpp"
#include "kernels/matmul.hpp"

using namespace test;
using kernels::Factor;
using Kernels = Table<kernels::HalfKernels>;

BOOST_AUTO_TEST_SUITE(half)

namespace {

struct Sizes {
  std::size_t m, n, k;
};

// Whether a matrix (rows, columns) of numbers is stored transposed, and its numbers.
struct Matrix {
  std::size_t rows, columns;
  bool transposed;
  Guarded<Scalar> numbers;

  Matrix(std::size_t r, std::size_t c, bool t, std::uint64_t seed)
      : rows{r}, columns{c}, transposed{t}, numbers{test::numbers(r * c, seed)} {}
  Factor factor() { return {numbers.data(), transposed ? rows : columns, transposed}; }
  std::size_t index(std::size_t i, std::size_t j) const {
    return transposed ? j * rows + i : i * columns + j;
  }
  double at(std::size_t i, std::size_t j) const {
    return static_cast<double>(numbers[index(i, j)]);
  }
};

// Small ones of all kinds, around blocks and parts of blocks, and some that are cut.
std::vector<Sizes> cases() {
  std::vector<Sizes> all{{5, 7, 0}, {0, 3, 5}, {3, 0, 5}, {70, 40, 600}, {1, 1, 1}};
  Rng rng{11};
  while (all.size() < 500) all.push_back({1 + rng.below(70), 1 + rng.below(70), 1 + rng.below(70)});
  return all;
}

Guarded<Scalar> product(const Kernels& table, const HalfUnit& unit, const Sizes& s, Matrix& a,
                        Matrix& b) {
  Guarded<Scalar> c{s.m * s.n, not_a_number};
  kernels::matmul(table, unit, s.m, s.n, s.k, a.factor(), b.factor(), c.data());
  return c;
}

Half half_of(double x) {
  return static_cast<Half>(std::bit_cast<HalfPair>(static_cast<float>(rounded_to_half(x))) >> 16);
}

// A matrix of whole numbers, which are the same in all precisions.
Matrix whole(std::size_t rows, std::size_t columns, bool transposed, std::uint64_t seed) {
  Matrix x{rows, columns, transposed, seed};
  for (std::size_t i = 0; i < x.numbers.size(); ++i)
    x.numbers.data()[i] = std::round(4 * x.numbers[i]);
  return x;
}

}  // namespace

BOOST_AUTO_TEST_CASE(rounds_to_the_nearest_even) {
  // Between 1 and the next bf16, 1 + 2^-7: below, at and above the middle, and the same for the one after.
  const double cases[][2] = {{1 + 0x1p-9, 1},
                             {1 + 0x1p-8, 1},
                             {1 + 0x1.01p-8, 1 + 0x1p-7},
                             {1 + 0x3p-8, 1 + 0x1p-6},
                             {-1 - 0x1p-8, -1},
                             {0x1.fep127, 0x1.fep127},
                             {0x1.fffffep127, static_cast<double>(infinity)},
                             {-0x1.fffffep127, -static_cast<double>(infinity)},
                             {0x1p-126, 0x1p-126},
                             {0, 0}};
  for_each_set<Kernels>([&](const Kernels& table) {
    for (const auto& [x, expected] : cases) {
      Guarded<Scalar> from{1, static_cast<Scalar>(x)};
      Guarded<Half> to{kernels::half_depth};
      table.pack_left(1, 1, {from.data(), 1}, to.data(), {1, 1});
      BOOST_TEST(std::bit_cast<float>(HalfPair{to[0]} << 16) == expected);
      BOOST_TEST(to[1] == 0);
    }
    // A NaN whose upper half would be an infinity.
    for (const std::uint32_t bits : {0x7f800001u, 0xff800001u, 0x7fc00000u, 0x7fffffffu}) {
      Guarded<Scalar> from{1, static_cast<Scalar>(std::bit_cast<float>(bits))};
      Guarded<Half> to{kernels::half_depth};
      table.pack_left(1, 1, {from.data(), 1}, to.data(), {1, 1});
      BOOST_TEST(std::isnan(std::bit_cast<float>(HalfPair{to[0]} << 16)));
    }
  });
}

// Element by element where the form has it, and zeros around.
BOOST_AUTO_TEST_CASE(left_factors_are_packed) {
  for (const auto& [rows, k] :
       {std::pair<std::size_t, std::size_t>{32, 64}, {7, 33}, {17, 1}, {32, 47}, {1, 32}})
    for (const bool transposed : {false, true}) {
      const std::size_t steps = kernels::half_steps(k);
      Matrix a{rows, k, transposed, 3};
      for_each_set<Kernels>([&](const Kernels& table) {
        Guarded<Half> left{steps * kernels::half_step, Half{1}};
        table.pack_left(rows, k, a.factor(), left.data(), kernels::half_blocks);
        BOOST_TEST(left.intact());
        for (std::size_t i = 0; i < rows; ++i)
          for (std::size_t d = 0; d < steps * kernels::half_depth; ++d)
            BOOST_TEST(left[d / kernels::half_depth * kernels::half_step + i * kernels::half_depth +
                            d % kernels::half_depth] == (d < k ? half_of(a.at(i, d)) : 0));
      });
    }
}

BOOST_AUTO_TEST_CASE(right_factors_are_packed) {
  for (const auto& [columns, k] :
       {std::pair<std::size_t, std::size_t>{32, 64}, {7, 33}, {70, 1}, {64, 47}, {33, 32}})
    for (const bool transposed : {false, true}) {
      const std::size_t depth = kernels::half_steps(k) * kernels::half_depth,
                        panel = depth * kernels::half_side / 2;
      Matrix b{k, columns, transposed, 4};
      for_each_set<Kernels>([&](const Kernels& table) {
        Guarded<HalfPair> right{kernels::half_sides(columns) * panel, HalfPair{1}};
        table.pack_right(k, columns, b.factor(), right.data(), panel);
        BOOST_TEST(right.intact());
        for (std::size_t i = 0; i < kernels::half_sides(columns) * kernels::half_side; ++i)
          for (std::size_t d = 0; d < depth; ++d) {
            const HalfPair pair = right[i / kernels::half_side * panel +
                                        d / 2 * kernels::half_side + i % kernels::half_side];
            BOOST_TEST((d % 2 == 0 ? pair & 0xffff : pair >> 16) ==
                       (i < columns && d < k ? half_of(b.at(d, i)) : 0));
          }
      });
    }
}

BOOST_AUTO_TEST_CASE(products_of_any_size) {
  std::size_t which = 0;
  for (const Sizes& s : cases()) {
    const bool ta = (which & 1) != 0, tb = (which++ & 2) != 0;
    Matrix a{s.m, s.k, ta, 1}, b{s.k, s.n, tb, 2};
    std::vector<double> exact(s.m * s.n), of_rounded(s.m * s.n), size(s.m * s.n);
    for (std::size_t i = 0; i < s.m; ++i)
      for (std::size_t l = 0; l < s.k; ++l)
        for (std::size_t j = 0; j < s.n; ++j) {
          const double x = a.at(i, l), y = b.at(l, j);
          exact[i * s.n + j] += x * y;
          of_rounded[i * s.n + j] += rounded_to_half(x) * rounded_to_half(y);
          size[i * s.n + j] += std::abs(x * y);
        }
    const Kernels table{which % kernels::instruction_sets().size()};  // each in turn
    for_each_unit([&](const HalfUnit& unit) {
      const Guarded<Scalar> c = product(table, unit, s, a, b);
      BOOST_TEST(c.intact());
      for (std::size_t i = 0; i < c.size(); ++i) {
        const auto x = static_cast<double>(c[i]);
        if (std::abs(x - exact[i]) > 0x1p-7 * size[i] ||
            std::abs(x - of_rounded[i]) > 1e-6 * size[i]) {
          BOOST_ERROR(to_string(Shape{s.m, s.n, s.k})
                      << " element " << i << " is " << x << ", expected " << of_rounded[i]);
          return;
        }
      }
    });
  }
}

// Bands of rows, pieces of all axes, factors that are rounded in several slices.
BOOST_AUTO_TEST_CASE(products_in_pieces) {
  for (const Sizes& s :
       {Sizes{300, 100, 700}, Sizes{33, 40, 9000}, Sizes{40, 700, 500}, Sizes{8200, 3, 5}})
    for (const auto& [ta, tb] :
         {std::pair{false, false}, {false, true}, {true, false}, {true, true}}) {
      Matrix a = whole(s.m, s.k, ta, 1), b = whole(s.k, s.n, tb, 2);
      Guarded<Scalar> expected{s.m * s.n};
      kernels::matmul(s.m, s.n, s.k, a.factor(), b.factor(), expected.data());
      for_each_unit([&](const HalfUnit& unit) {
        BOOST_TEST((product(Kernels{}, unit, s, a, b) == expected));
      });
    }
}

// Into rows that are apart, in place of what is there or added to it.
BOOST_AUTO_TEST_CASE(products_with_weights) {
  for (const Sizes& s :
       {Sizes{1, 33, 40}, Sizes{8, 64, 600}, Sizes{16, 40, 1100}, Sizes{33, 70, 5}})
    for (const bool transposed : {false, true})
      for (const bool add : {false, true}) {
        const std::size_t stride = s.n + 3;
        Matrix a = whole(s.m, s.k, false, 1), b = whole(s.k, s.n, transposed, 2);
        Guarded<Scalar> sums{s.m * s.n}, expected{s.m * stride, Scalar{7}};
        kernels::matmul(s.m, s.n, s.k, a.factor(), b.factor(), sums.data());
        for (std::size_t i = 0; i < s.m * s.n; ++i) {
          Scalar& to = expected.data()[i / s.n * stride + i % s.n];
          to = add ? to + sums[i] : sums[i];
        }
        for_each_unit([&](const HalfUnit& unit) {
          Guarded<Scalar> c{s.m * stride, Scalar{7}};
          kernels::HalfWeights{unit, s.k, s.n, b.factor()}.multiply(s.m, a.factor(), add, c.data(),
                                                                    stride);
          BOOST_TEST((c == expected));
          BOOST_TEST(c.intact());
        });
      }
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  for (const Sizes& s : {Sizes{300, 100, 1000}, Sizes{40, 40, 20000}}) {
    Matrix a{s.m, s.k, true, 1}, b{s.k, s.n, false, 2};
    for_each_unit([&](const HalfUnit& unit) {
      check_threads("matmul", [&] { return product(Kernels{}, unit, s, a, b); });
    });
  }
}

BOOST_AUTO_TEST_CASE(nan_and_infinity_show) {
  const Sizes s{40, 50, 60};
  Matrix a{s.m, s.k, false, 1}, b{s.k, s.n, false, 2};
  a.numbers.data()[a.index(3, 5)] = not_a_number;
  for (std::size_t j = 0; j < s.n; ++j) b.numbers.data()[b.index(7, j)] = infinity;
  for (std::size_t l = 0; l < s.k; ++l) a.numbers.data()[a.index(9, l)] = 0;
  for_each_unit([&](const HalfUnit& unit) {
    const Guarded<Scalar> c = product(Kernels{}, unit, s, a, b);
    for (std::size_t j = 0; j < s.n; ++j) {
      BOOST_TEST(std::isnan(c[3 * s.n + j]));
      BOOST_TEST(std::isnan(c[9 * s.n + j]));  // 0 times infinity
      BOOST_TEST(std::isinf(c[4 * s.n + j]));
    }
  });
}

// On processors that have them.
BOOST_AUTO_TEST_CASE(units_compute_what_they_are_said_to) {
  if (kernels::half_units().empty()) BOOST_TEST_MESSAGE("skipped: no unit for half precision");
  for (const HalfUnit& unit : kernels::half_units()) {
    const bool tiles = std::string{unit.name} == "AMX";
    const Sizes s{61, 75, 330};
    Matrix a{s.m, s.k, false, 1}, b{s.k, s.n, false, 2};
    BOOST_TEST((product(Kernels{}, unit, s, a, b) ==
                product(Kernels{}, tiles ? emulated_tiles : emulated_vectors, s, a, b)));
  }
}

BOOST_AUTO_TEST_SUITE_END()
