// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(rows)

using kernels::Matrix;
using Kernels = Table<kernels::RowKernels>;

namespace {

std::vector<Matrix> cases() {
  std::vector<Matrix> all;
  for (std::size_t columns : odd_sizes) all.push_back({3, columns});
  all.push_back({1, 1});
  all.push_back({64, 10});
  all.push_back({1000, 7});
  all.push_back({5000, 19});  // several slices
  all.push_back({2, 40'000});
  return all;
}
std::string name_of(const Matrix& m) { return to_string(Shape{m.rows, m.columns}); }

// log(softmax(x)) of each row.
std::vector<double> log_softmax_of(const Matrix& m, const Guarded<Scalar>& x) {
  std::vector<double> y;
  for (std::size_t r = 0; r < m.rows; ++r) {
    const auto row = x.elements().subspan(r * m.columns, m.columns);
    const auto largest = static_cast<double>(*std::max_element(row.begin(), row.end()));
    double sum = 0;
    for (Scalar v : row) sum += std::exp(static_cast<double>(v) - largest);
    for (Scalar v : row) y.push_back(static_cast<double>(v) - largest - std::log(sum));
  }
  return y;
}

// Bounds grow with the number of terms.
double tolerance(const Matrix& m) {
  return epsilon * (16 + std::sqrt(static_cast<double>(m.columns)));
}

}  // namespace

BOOST_AUTO_TEST_CASE(softmax_and_log_softmax) {
  for (const Matrix& m : cases())
    for (const double scale : {1.0, 1000.0}) {
      auto x = numbers(m.rows * m.columns, 1, -scale, scale), g = numbers(x.size(), 2);
      const std::vector<double> logs = log_softmax_of(m, x);
      std::vector<double> shares, d_shares, d_logs;
      for (double v : logs) shares.push_back(std::exp(v));
      for (std::size_t i = 0; i < x.size(); ++i) {
        double dot = 0, sum = 0;
        for (std::size_t j = i / m.columns * m.columns, c = 0; c < m.columns; ++c, ++j) {
          dot += static_cast<double>(g[j]) * shares[j];
          sum += static_cast<double>(g[j]);
        }
        d_shares.push_back(shares[i] * (static_cast<double>(g[i]) - dot));
        d_logs.push_back(static_cast<double>(g[i]) - shares[i] * sum);
        if (m.columns > 1000 && i % m.columns == 100) break;  // the sums of a long row take long
      }
      const bool whole = d_logs.size() == x.size();
      for_each_set<Kernels>([&](const Kernels& table) {
        Guarded<Scalar> y{x.size()}, log_y{x.size()}, dx = g;
        table.softmax(m, x.data(), y.data());
        table.log_softmax(m, x.data(), log_y.data());
        check_close(y, shares, tolerance(m), name_of(m));
        check_close(log_y, logs, tolerance(m), name_of(m));
        if (!whole) return;
        table.softmax_grad(m, y.data(), dx.data(), dx.data());
        check_close(dx, d_shares, tolerance(m), name_of(m) + " softmax_grad");
        dx = g;
        table.log_softmax_grad(m, log_y.data(), dx.data(), dx.data());
        check_close(dx, d_logs, 4 * tolerance(m), name_of(m) + " log_softmax_grad");
      });
    }
}

BOOST_AUTO_TEST_CASE(cross_entropy) {
  for (const Matrix& m : cases())
    for (const double smoothing : {0.0, 0.25}) {
      auto x = numbers(m.rows * m.columns, 1, -5, 5), p = numbers(x.size(), 2, 0, 1);
      const std::vector<double> logs = log_softmax_of(m, x);
      Guarded<std::int32_t> labels{m.rows};
      for (std::size_t r = 0; r < m.rows; ++r)
        labels.data()[r] = static_cast<std::int32_t>(r * 7 % m.columns);
      const auto n = static_cast<double>(m.rows);
      // The loss and its gradient for targets that are a function of row and column.
      const auto reference = [&](auto target, std::vector<double>& dx) {
        double loss = 0;
        for (std::size_t r = 0; r < m.rows; ++r) {
          double weight = 0;
          const auto t = [&](std::size_t c) {
            return (1 - smoothing) * target(r, c) + smoothing / static_cast<double>(m.columns);
          };
          for (std::size_t c = 0; c < m.columns; ++c)
            weight += t(c), loss -= t(c) * logs[r * m.columns + c];
          for (std::size_t c = 0; c < m.columns; ++c)
            dx.push_back((weight * std::exp(logs[r * m.columns + c]) - t(c)) / n);
        }
        return loss / n;
      };
      std::vector<double> d_hard, d_soft;
      const double hard = reference(
          [&](std::size_t r, std::size_t c) {
            return static_cast<std::size_t>(labels[r]) == c ? 1.0 : 0.0;
          },
          d_hard);
      const double soft = reference(
          [&](std::size_t r, std::size_t c) { return static_cast<double>(p[r * m.columns + c]); },
          d_soft);
      for_each_set<Kernels>([&](const Kernels& table) {
        const kernels::RowSum s{static_cast<Scalar>(smoothing), nullptr, n};
        const auto check = [&](Scalar loss, double expected) {
          BOOST_TEST(close(static_cast<double>(loss), expected, 8 * tolerance(m)), name_of(m));
        };
        Guarded<Scalar> dx{x.size(), not_a_number};
        check(table.cross_entropy(m, x.data(), labels.data(), s, dx.data()), hard);
        check_close(dx, d_hard, tolerance(m), name_of(m));
        check(table.cross_entropy_soft(m, x.data(), p.data(), s, dx.data()), soft);
        check_close(dx, d_soft, tolerance(m) * static_cast<double>(m.columns), name_of(m));
        check(table.cross_entropy(m, x.data(), labels.data(), s, nullptr), hard);
        check(table.cross_entropy_soft(m, x.data(), p.data(), s, nullptr), soft);
      });
    }
}

// Sums of so many equal numbers would be far off in float.
BOOST_AUTO_TEST_CASE(long_rows) {
  constexpr std::size_t count = 500'000;
  const auto n = static_cast<double>(count);
  Guarded<Scalar> x{count, Scalar{0.1F}}, y{count};
  for_each_set<Kernels>([&](const Kernels& table) {
    table.softmax({1, count}, x.data(), y.data());
    BOOST_TEST(close(static_cast<double>(y[77]) * n, 1, 2 * epsilon));
    table.log_softmax({1, count}, x.data(), y.data());
    BOOST_TEST(close(static_cast<double>(y[77]), -std::log(n), 2 * epsilon));
  });
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  const Matrix m{9001, 37};
  auto x = numbers(m.rows * m.columns, 1), y = numbers(x.size(), 2, 0, 1);
  for_each_set<Kernels>([&](const Kernels& table) {
    const auto check = [&](const char* name, std::size_t size, auto run) {
      check_threads(name, [&] {
        Guarded<Scalar> out{size};
        run(out.data());
        return out;
      });
    };
    check("softmax", x.size(), [&](Scalar* out) { table.softmax(m, x.data(), out); });
    check("log_softmax", x.size(), [&](Scalar* out) { table.log_softmax(m, x.data(), out); });
    check("softmax_grad", x.size(),
          [&](Scalar* out) { table.softmax_grad(m, y.data(), x.data(), out); });
    check("log_softmax_grad", x.size(),
          [&](Scalar* out) { table.log_softmax_grad(m, y.data(), x.data(), out); });
    check("cross_entropy", x.size() + 1, [&](Scalar* out) {
      out[x.size()] =
          table.cross_entropy_soft(m, x.data(), y.data(), {Scalar(0.1), nullptr, 9001}, out);
    });
  });
}

BOOST_AUTO_TEST_SUITE_END()
