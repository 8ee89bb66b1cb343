// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

#include "kernels/matmul.hpp"

#include <numbers>

using namespace test;

BOOST_AUTO_TEST_SUITE(products)

using kernels::Factor;
using Kernels = Table<kernels::DenseKernels>;

namespace {

struct Sizes {
  std::size_t m, n, k;
};

// A matrix as it is stored, maybe transposed, with rows further apart than they are long.
struct Stored {
  Stored(std::size_t rows, std::size_t columns, bool transposed, std::size_t gap,
         std::uint64_t seed)
      : stride{(transposed ? rows : columns) + gap},
        transposed{transposed},
        elements{numbers((transposed ? columns : rows) * stride, seed)} {}
  double at(std::size_t i, std::size_t j) const {
    return static_cast<double>(transposed ? elements[j * stride + i] : elements[i * stride + j]);
  }
  Factor operand() { return {elements.data(), stride, transposed}; }

  std::size_t stride;
  bool transposed;
  Guarded<Scalar> elements;
};

// A function that multiplies into rows of c that are a stride apart.
using Multiply =
    std::function<void(const Kernels&, const Sizes&, Factor, Factor, Scalar*, std::size_t)>;

// Checks all combinations of transposed operands for each instruction set; what lies between the rows of c
// stays as it was.
void check_products(const std::string& what, const Sizes& s, std::size_t c_gap,
                    const Multiply& multiply) {
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      for (const std::size_t gap : {0, 3}) {
        Stored a{s.m, s.k, ta, gap, 1}, b{s.k, s.n, tb, gap, 2};
        const std::size_t stride = s.n + c_gap;
        std::vector<double> expected(s.m * stride, 77);
        for (std::size_t i = 0; i < s.m; ++i)
          for (std::size_t j = 0; j < s.n; ++j) {
            double sum = 0;
            for (std::size_t l = 0; l < s.k; ++l) sum += a.at(i, l) * b.at(l, j);
            expected[i * stride + j] = sum;
          }
        for_each_set<Kernels>([&](const Kernels& table) {
          Guarded<Scalar> c{s.m * stride, 77};
          multiply(table, s, a.operand(), b.operand(), c.data(), stride);
          check_close(c, expected, epsilon * static_cast<double>(s.k + 8),
                      what + ' ' + to_string(Shape{s.m, s.n, s.k}) + (ta ? " a^T" : "") +
                          (tb ? " b^T" : ""));
        });
      }
}

// b in panels: itself if it can be read in place, else a copy.
kernels::Panels panels(const Kernels& table, std::size_t k, std::size_t n, Factor b,
                       Guarded<Scalar>& copy) {
  if (!b.transposed && n % table.vector_columns == 0)
    return {b.data, b.stride, table.panel_columns};
  const std::size_t count = (n + table.panel_columns - 1) / table.panel_columns;
  copy = Guarded<Scalar>{count * k * table.panel_columns, not_a_number};
  table.pack(k, n, b, copy.data());
  BOOST_TEST(copy.intact());
  return {copy.data(), table.panel_columns, k * table.panel_columns};
}

void matmul(const Kernels& table, const Sizes& s, Factor a, Factor b, Scalar* c, std::size_t) {
  kernels::matmul(table, s.m, s.n, s.k, a, b, c);
}

}  // namespace

BOOST_AUTO_TEST_CASE(kernels_for_small_matrices) {
  std::vector<Sizes> cases{{5, 7, 0},      {0, 5, 3},     {5, 0, 3},
                           {64, 256, 541}, {10, 64, 300}, {129, 10, 65}};
  for (std::size_t size : odd_sizes) {
    cases.push_back({size, 19, 5});
    cases.push_back({5, size, 19});
    cases.push_back({19, 5, size});
    cases.push_back({size, size, size});
  }
  for (const Sizes& s : cases)
    for (const std::size_t gap : {0, 5}) {
      check_products("product", s, gap,
                     [](const Kernels& table, const Sizes& z, Factor a, Factor b, Scalar* c,
                        std::size_t stride) {
                       Guarded<Scalar> copy{0};
                       table.product(z.m, z.n, z.k, a, panels(table, z.k, z.n, b, copy), c, stride,
                                     {});
                     });
      // b^T a^T, written the other way round, is a b.
      check_products("product_transposed", s, gap,
                     [](const Kernels& table, const Sizes& z, Factor a, Factor b, Scalar* c,
                        std::size_t stride) {
                       a.transposed = !a.transposed;
                       b.transposed = !b.transposed;
                       Guarded<Scalar> copy{0};
                       table.product_transposed(z.n, z.m, z.k, b, panels(table, z.k, z.m, a, copy),
                                                c, stride);
                     });
    }
}

BOOST_AUTO_TEST_CASE(products_of_any_size) {
  constexpr Sizes sizes[] = {{1, 1, 1},       {3, 5, 0},       {0, 5, 3},      {127, 128, 129},
                             {128, 128, 128}, {129, 130, 131}, {131, 200, 150}};
  for (const Sizes& s : sizes) check_products("matmul", s, 0, matmul);
}

// In pieces of rows, of columns, of the depth, and of all three; with and without copies of the left matrix.
BOOST_AUTO_TEST_CASE(products_in_pieces) {
  constexpr Sizes sizes[] = {{64, 257, 1000}, {300, 65, 500}, {200, 210, 220}, {1, 700, 6000},
                             {64, 100, 3000}, {900, 48, 64},  {130, 133, 800}, {400, 300, 400},
                             {130, 600, 140}, {500, 70, 140}, {100, 500, 200}};
  for (const Sizes& s : sizes) check_products("matmul", s, 0, matmul);
}

BOOST_AUTO_TEST_CASE(something_is_added_to_a_product) {
  for_each_set<Kernels>([](const Kernels& table) {
    for (const std::size_t k : {0, 1, 300, 1100}) {
      // Its rows follow each other, or are far apart.
      for (const std::size_t n : {table.panel_columns, 3 * table.panel_columns}) {
        const std::size_t m = 70;
        Stored a{m, k, false, 0, 1}, b{k, n, false, 0, 2};
        Guarded<Scalar> sum{m * n, 5}, product{m * n}, both{m * n}, row = numbers(n, 3),
                                                                    rows = numbers(m * (n + 3), 4);
        std::vector<double> sums(n, 1), column_sums(n, 1);
        const kernels::Panels panels{b.elements.data(), n, table.panel_columns};
        const auto multiply = [&](const kernels::Panels& right, Guarded<Scalar>& c,
                                  const kernels::Addend& addend) {
          table.product(m, n, k, a.operand(), right, c.data(), n, addend);
        };
        multiply(panels, product, {});
        multiply(panels, sum, kernels::Addend::at(sum.data(), n));
        multiply({panels.data, panels.row, panels.panel, sums.data()}, both,
                 {row.data(), rows.data(), n + 3});
        std::vector<double> expected, with_both;
        for (std::size_t i = 0; i < m * n; ++i) {
          const auto x = static_cast<double>(product[i]);
          expected.push_back(5 + x);
          with_both.push_back(x + static_cast<double>(row[i % n]) +
                              static_cast<double>(rows[i / n * (n + 3) + i % n]));
        }
        for (std::size_t i = 0; i < k * n; ++i)
          column_sums[i % n] += static_cast<double>(b.elements[i]);
        const double tolerance = epsilon * static_cast<double>(20 + k);
        check_close(sum, expected, tolerance, "sum");
        check_close(both, with_both, tolerance, "with both");
        for (std::size_t c = 0; c < n; ++c)
          BOOST_TEST(std::abs(sums[c] - column_sums[c]) <= tolerance * 10);
      }
    }
  });
}

// What the parts of products of all kinds end with.
BOOST_AUTO_TEST_CASE(endings_of_products) {
  constexpr Sizes sizes[] = {{64, 257, 1000}, {300, 65, 500}, {200, 210, 220},  {1, 700, 6000},
                             {900, 48, 64},   {130, 133, 0},  {128, 128, 2048}, {40, 8, 1500},
                             {9000, 40, 20},  {5, 3, 2},      {0, 7, 9}};
  for (const Sizes& s : sizes)
    for (const bool b_transposed : {false, true}) {
      Stored a{s.m, s.k, false, 0, 1}, b{s.k, s.n, b_transposed, 0, 2};
      auto row = numbers(s.n, 3), rows = numbers(s.m * s.n, 4);
      for_each_set<Kernels>([&](const Kernels& table) {
        const std::size_t size = s.m * s.n;
        Guarded<Scalar> plain{size}, y{size}, slope{size}, sums{s.n};
        const auto multiply = [&](Guarded<Scalar>& c, const kernels::Ending& ending) {
          kernels::matmul(table, s.m, s.n, s.k, a.operand(), b.operand(), c.data(), ending);
        };
        multiply(plain, {});
        multiply(y, {.addend = {row.data(), rows.data(), s.n},
                     .activation = Activation::gelu,
                     .slope = slope.data(),
                     .right_sums = b_transposed ? nullptr : sums.data()});
        std::vector<double> values, slopes, column_sums(s.n);
        for (std::size_t i = 0; i < size; ++i) {
          const double x = static_cast<double>(plain[i]) + static_cast<double>(row[i % s.n]) +
                           static_cast<double>(rows[i]);
          const double below = std::erfc(-x / std::numbers::sqrt2) / 2;
          values.push_back(x * below);
          slopes.push_back(below + x * std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi));
        }
        for (std::size_t i = 0; i < s.k * s.n && !b_transposed; ++i)
          column_sums[i % s.n] += static_cast<double>(b.elements[i]);
        const double tolerance = epsilon * static_cast<double>(20 + s.k);
        check_close(y, values, tolerance, "values");
        check_close(slope, slopes, tolerance, "slopes");
        if (!b_transposed) check_close(sums, column_sums, tolerance * 10, "sums");
      });
    }
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  for (const Sizes& s : {Sizes{64, 256, 5408}, Sizes{5408, 256, 64}, Sizes{300, 310, 420},
                         Sizes{900, 140, 300}, Sizes{140, 900, 300}}) {
    Stored a{s.m, s.k, false, 0, 1}, b{s.k, s.n, true, 0, 2};
    check_threads("matmul", [&] {
      Guarded<Scalar> c{s.m * s.n};
      kernels::matmul(s.m, s.n, s.k, a.operand(), b.operand(), c.data());
      return c;
    });
  }
}

BOOST_AUTO_TEST_CASE(nan_and_infinity_show) {
  for (const std::size_t size : {17, 200}) {
    Stored a{size, size, false, 0, 1}, b{size, size, false, 0, 2};
    a.elements.data()[3 * size + 5] = not_a_number;
    std::fill_n(b.elements.data() + 7 * size, size, infinity);
    std::fill_n(a.elements.data() + 9 * size, size, Scalar{0});
    Guarded<Scalar> c{size * size};
    kernels::matmul(size, size, size, a.operand(), b.operand(), c.data());
    for (std::size_t j = 0; j < size; ++j) {
      BOOST_TEST(std::isnan(c[3 * size + j]));
      BOOST_TEST(std::isnan(c[9 * size + j]));  // 0 times infinity
      BOOST_TEST(std::isinf(c[4 * size + j]));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
