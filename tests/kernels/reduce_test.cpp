// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(reduce)

using kernels::Matrix;
using Kernels = Table<kernels::ReduceKernels>;

namespace {

// Short rows, several slices of rows, and rows that are cut into pieces.
std::vector<Matrix> cases() {
  std::vector<Matrix> all{{1, 1},      {64, 10},    {1000, 7},  {5000, 19},
                          {70'001, 1}, {2, 70'001}, {1, 32'768}};
  for (std::size_t columns : odd_sizes) all.push_back({35, columns});
  return all;
}

using Reduce = void (*)(const Kernels&, Matrix, const Scalar* x, Scalar* y);

// Rows or columns, against a plain loop from `start` on.
template <class Join>
void check(Reduce reduce, bool rows, double start, Join join, double divisor, double tolerance) {
  for (const Matrix& m : cases()) {
    const auto x = numbers(m.rows * m.columns, 1, -1, 2);
    std::vector<double> expected(rows ? m.columns : m.rows, start);
    for (std::size_t i = 0; i < x.size(); ++i) {
      double& to = expected[rows ? i % m.columns : i / m.columns];
      to = join(to, static_cast<double>(x[i]));
    }
    for (double& e : expected) e /= divisor;
    for_each_set<Kernels>([&](const Kernels& table) {
      const std::string name = to_string(Shape{m.rows, m.columns});
      check_threads(name, [&] {
        Guarded<Scalar> y{expected.size(), not_a_number};
        reduce(table, m, x.elements().data(), y.data());
        check_close(y, expected, tolerance, name);
        return y;
      });
    });
  }
}

double plus(double a, double b) { return a + b; }
double larger(double a, double b) { return std::max(a, b); }
double smaller(double a, double b) { return std::min(a, b); }

}  // namespace

BOOST_AUTO_TEST_CASE(sums_maxima_and_minima_of_rows_and_columns) {
  check([](auto& k, auto m, auto x, auto y) { k.sum_rows(1, m, x, 1, y); }, true, 0, plus, 1,
        16 * epsilon);
  check([](auto& k, auto m, auto x, auto y) { k.sum_rows(1, m, x, 3, y); }, true, 0, plus, 3,
        (is_double ? 32 : 2) * epsilon);
  check([](auto& k, auto m, auto x, auto y) { k.sum_columns(m, x, 1, y); }, false, 0, plus, 1,
        (is_double ? 32 : 16) * epsilon);  // of a few terms as rows are
  check([](auto& k, auto m, auto x, auto y) { k.sum_columns(m, x, 7, y); }, false, 0, plus, 7,
        (is_double ? 32 : 2) * epsilon);
  check([](auto& k, auto m, auto x, auto y) { k.max_rows(1, m, x, y); }, true, -infinity, larger, 1,
        0);
  check([](auto& k, auto m, auto x, auto y) { k.max_columns(m, x, y); }, false, -infinity, larger,
        1, 0);
  check([](auto& k, auto m, auto x, auto y) { k.min_rows(1, m, x, y); }, true, infinity, smaller, 1,
        0);
  check([](auto& k, auto m, auto x, auto y) { k.min_columns(m, x, y); }, false, infinity, smaller,
        1, 0);
}

// With maxima that several share, here and there, and without.
BOOST_AUTO_TEST_CASE(gradients_of_maxima) {
  for (const bool ties : {false, true})
    for (const bool of_rows : {false, true})
      for (const Matrix& m : cases()) {
        auto x = numbers(m.rows * m.columns, 1, -1, 2);
        for (std::size_t i = 0; ties && i < x.size(); i += 3)
          x.data()[i] = std::round(2 * x[i]);  // and what is larger than all others
        const std::size_t count = of_rows ? m.columns : m.rows;
        const auto g = numbers(count, 2, -1, 1);
        const auto of = [&](std::size_t i) { return of_rows ? i % m.columns : i / m.columns; };
        Guarded<Scalar> max{count, static_cast<Scalar>(-infinity)};
        std::vector<double> hits(count), expected;
        for (std::size_t i = 0; i < x.size(); ++i) max.data()[of(i)] = std::max(max[of(i)], x[i]);
        for (std::size_t i = 0; i < x.size(); ++i) hits[of(i)] += x[i] == max[of(i)];
        for (std::size_t i = 0; i < x.size(); ++i)
          expected.push_back(x[i] == max[of(i)] ? static_cast<double>(g[of(i)]) / hits[of(i)] : 0);
        for_each_set<Kernels>([&](const Kernels& table) {
          const std::string name = to_string(Shape{m.rows, m.columns}) + (of_rows ? " rows" : "");
          check_threads(name, [&] {
            Guarded<Scalar> dx{x.size(), not_a_number};
            const auto grad = [&](auto kernel, auto... count) {
              kernel(count..., m, x.elements().data(), max.elements().data(), g.elements().data(),
                     dx.data());
            };
            of_rows ? grad(table.max_rows_grad, std::size_t{1}) : grad(table.max_columns_grad);
            check_close(dx, expected, epsilon, name);
            return dx;
          });
        });
      }
}

// A row of none, whose maximum no element is, beside one that has two.
BOOST_AUTO_TEST_CASE(a_maximum_that_is_no_number_has_no_gradient) {
  for (const std::size_t columns : {5, 40}) {
    const Matrix m{64, columns};
    Guarded<Scalar> x{m.rows * columns, Scalar{0}}, g{m.rows, Scalar{1}}, y{m.rows, Scalar{1}};
    for (std::size_t r = 0; r < m.rows; ++r) x.data()[r * columns + 1] = 1;
    x.data()[0] = not_a_number, y.data()[0] = not_a_number;
    x.data()[columns] = 1;
    for_each_set<Kernels>([&](const Kernels& table) {
      Guarded<Scalar> dx{x.size(), not_a_number};
      table.max_columns_grad(m, x.data(), y.data(), g.data(), dx.data());
      for (std::size_t i = 0; i < dx.size(); ++i) {
        const std::size_t r = i / columns;
        const double part = r == 0 ? 0 : r == 1 ? 0.5 : 1;
        BOOST_REQUIRE(static_cast<double>(dx[i]) == (x[i] == 1 ? part : 0));
      }
    });
  }
}

// Sums of so many equal numbers would be far off in float.
BOOST_AUTO_TEST_CASE(long_rows_and_columns) {
  constexpr std::size_t count = 500'000;
  const double tolerance = is_double ? 1e-11 : 2 * epsilon;  // doubles are added in double, too
  const Guarded<Scalar> x{3 * count, Scalar{0.1F}};
  const std::vector<double> sums(3, static_cast<double>(count) * static_cast<double>(Scalar{0.1F}));
  for_each_set<Kernels>([&](const Kernels& table) {
    Guarded<Scalar> of_rows{3}, of_columns{3};
    table.sum_rows(1, {count, 3}, x.elements().data(), 1, of_rows.data());
    table.sum_columns({3, count}, x.elements().data(), 1, of_columns.data());
    check_close(of_rows, sums, tolerance, "sum_rows");
    check_close(of_columns, sums, tolerance, "sum_columns");
  });
}

BOOST_AUTO_TEST_CASE(nothing_to_reduce) {
  for_each_set<Kernels>([](const Kernels& table) {
    Guarded<Scalar> sums{5, not_a_number}, largest{5, not_a_number};
    table.sum_rows(1, {0, 5}, nullptr, 1, sums.data());
    table.max_rows(1, {0, 5}, nullptr, largest.data());
    check_close(sums, std::vector<double>(5), 0, "no rows");
    for (std::size_t i = 0; i < 5; ++i) BOOST_TEST(static_cast<double>(largest[i]) == -infinity);
  });
}

BOOST_AUTO_TEST_CASE(extremes_of_what_is_no_number_are_none) {
  for (const auto& [rows, columns] : {std::pair{3, 5}, {40, 70}, {33, 1}})
    for (const std::size_t at : {0, rows * columns / 2, rows * columns - 1}) {
      const Matrix m{std::size_t(rows), std::size_t(columns)};
      auto x = numbers(m.rows * m.columns);
      x.data()[at] = not_a_number;
      for_each_set<Kernels>([&](const Kernels& table) {
        Guarded<Scalar> of_rows{m.columns}, of_columns{m.rows};
        const auto check_numbers = [&] {
          for (std::size_t c = 0; c < m.columns; ++c)
            BOOST_TEST(std::isnan(of_rows[c]) == (c == at % m.columns));
          for (std::size_t r = 0; r < m.rows; ++r)
            BOOST_TEST(std::isnan(of_columns[r]) == (r == at / m.columns));
        };
        table.max_rows(1, m, x.data(), of_rows.data());
        table.max_columns(m, x.data(), of_columns.data());
        check_numbers();
        table.min_rows(1, m, x.data(), of_rows.data());
        table.min_columns(m, x.data(), of_columns.data());
        check_numbers();
      });
    }
}

BOOST_AUTO_TEST_SUITE_END()
