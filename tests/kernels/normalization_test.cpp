// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

#include "kernels/normalization.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(normalization)

using kernels::Groups;
using Kernels = Table<kernels::NormKernels>;
using RowKernels = Table<kernels::RowNormKernels>;

namespace {

std::vector<Groups> cases() {
  std::vector<Groups> all;
  for (std::size_t columns : odd_sizes) {
    all.push_back({1, 7, columns, 1});  // a batch
    all.push_back({5, 1, 1, columns});  // rows
    all.push_back({3, 6, 2, columns});  // groups
    all.push_back({2, 1, columns, 3});  // groups of rows
    all.push_back({2, 5, columns, 1});  // each channel of each sample
  }
  all.push_back({1, 2, 1, 1});
  all.push_back({1, 30'000, 3, 1});  // several slices
  all.push_back({1, 3000, 40, 1});
  all.push_back({4000, 1, 1, 40});
  all.push_back({3, 2000, 4, 5});
  all.push_back({2000, 3, 2, 5});
  all.push_back({2, 1, 1, 40'000});
  return all;
}
std::string name_of(const Groups& s) {
  return to_string(Shape{s.samples, s.positions, s.groups, s.channels});
}
std::size_t size_of(const Groups& s) { return s.samples * s.positions * s.columns(); }

using Doubles = std::vector<double>;
Doubles doubles(const Guarded<Scalar>& x) { return {x.elements().begin(), x.elements().end()}; }

// The formulas, element by element.
struct Reference {
  Reference(const Groups& groups, const Guarded<Scalar>& x, bool centred)
      : s{groups}, x{doubles(x)}, mean(s.samples * s.groups, 0.0), variance(mean) {
    const auto count = static_cast<double>(s.positions * s.channels);
    for_each([&](std::size_t i, std::size_t g, std::size_t) {
      if (centred) mean[g] += this->x[i] / count;
    });
    for_each([&](std::size_t i, std::size_t g, std::size_t) {
      variance[g] += (this->x[i] - mean[g]) * (this->x[i] - mean[g]) / count;
    });
  }

  // f(element, group among all, column)
  template <class F>
  void for_each(F f) const {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t column = i % s.columns(), sample = i / s.columns() / s.positions;
      f(i, sample * s.groups + column / s.channels, column);
    }
  }

  double normal(std::size_t i, std::size_t g) const {
    return (x[i] - mean[g]) / std::sqrt(variance[g] + 0.01);
  }

  Groups s;
  Doubles x, mean, variance;
};

struct Gradients {
  Doubles x, gamma, beta;
};

Gradients gradients(const Reference& r, const Doubles& gamma, const Doubles& g, bool fixed,
                    bool centred) {
  const auto count = static_cast<double>(r.s.positions * r.s.channels);
  Gradients d{Doubles(r.x.size()), Doubles(r.s.columns()), Doubles(r.s.columns())};
  Doubles sum(r.mean.size()), along(r.mean.size());
  r.for_each([&](std::size_t i, std::size_t group, std::size_t c) {
    const double z = r.normal(i, group);
    d.beta[c] += g[i];
    d.gamma[c] += g[i] * z;
    sum[group] += centred ? gamma[c] * g[i] / count : 0;
    along[group] += gamma[c] * g[i] * z / count;
  });
  r.for_each([&](std::size_t i, std::size_t group, std::size_t c) {
    const double rest = fixed ? 0 : sum[group] + r.normal(i, group) * along[group];
    d.x[i] = (gamma[c] * g[i] - rest) / std::sqrt(r.variance[group] + 0.01);
  });
  return d;
}

std::vector<Groups> row_cases() {
  std::vector<Groups> rows = cases();
  std::erase_if(rows, [](const Groups& s) { return !s.are_rows(); });
  for (std::size_t count : {2, 3, 4, 9}) rows.push_back({count, 1, 1, 50});
  return rows;
}

// What a kernel is given, of a reference's statistics.
struct Given {
  Given(const Reference& r, const Guarded<Scalar>& x)
      : mean{r.mean.size()},
        inverse{r.mean.size()},
        gamma{numbers(r.s.columns(), 3, 0.5, 1.5)},
        beta{numbers(r.s.columns(), 4)},
        x_{x} {
    for (std::size_t i = 0; i < r.mean.size(); ++i) {
      mean.data()[i] = static_cast<Scalar>(r.mean[i]);
      inverse.data()[i] = static_cast<Scalar>(1 / std::sqrt(r.variance[i] + 0.01));
    }
  }
  kernels::Normalized arguments(bool centred) {
    return {x_.data(), centred ? mean.data() : nullptr, inverse.data(), gamma.data(),
            centred ? beta.data() : nullptr};
  }
  Guarded<Scalar> mean, inverse, gamma, beta;

 private:
  Guarded<Scalar> x_;
};

double tolerance(const Groups& s) {
  return epsilon * (32 + std::sqrt(static_cast<double>(s.positions * s.channels)));
}

}  // namespace

// What is normalised, with gamma and, about the mean, beta.
Doubles normalized(const Reference& r, const Given& given, bool centred) {
  Doubles y(r.x.size());
  r.for_each([&](std::size_t i, std::size_t group, std::size_t c) {
    y[i] = r.normal(i, group) * static_cast<double>(given.gamma[c]) +
           (centred ? static_cast<double>(given.beta[c]) : 0);
  });
  return y;
}

BOOST_AUTO_TEST_CASE(moments_and_what_is_normalized) {
  for (const Groups& s : cases()) {
    auto x = numbers(size_of(s), 1);
    const Reference r{s, x, true};
    Given given{r, x};
    const Doubles expected = normalized(r, given, true);
    Doubles positive;
    for (const double each : expected) positive.push_back(std::max(each, 0.0));
    for_each_set<Kernels>([&](const Kernels& table) {
      Guarded<Scalar> mean{r.mean.size()}, variance{r.mean.size()}, y{x.size()};
      const auto in = given.arguments(true);
      table.moments(s, in.x, mean.data(), variance.data());
      check_close(mean, r.mean, tolerance(s), name_of(s) + " mean");
      check_close(variance, r.variance, tolerance(s), name_of(s) + " variance");
      table.normalize(s, in, y.data());
      check_close(y, expected, tolerance(s) * 10, name_of(s) + " normalize");
      auto rectified = in;
      rectified.relu = true;
      Guarded<Scalar> z{x.size()};
      table.normalize(s, rectified, z.data());
      check_close(z, positive, tolerance(s) * 10, name_of(s) + " rectified");
    });
  }
}

BOOST_AUTO_TEST_CASE(rows_in_one_pass) {
  for (const Groups& s : row_cases())
    for (const bool centred : {true, false}) {
      auto x = numbers(size_of(s), 1);
      const Reference r{s, x, centred};
      Given given{r, x};
      Doubles inverses;
      for (const double v : r.variance) inverses.push_back(1 / std::sqrt(v + 0.01));
      const std::string name = name_of(s) + (centred ? "" : " about 0");
      for_each_set<RowKernels>([&](const RowKernels& table) {
        Guarded<Scalar> mean{s.samples}, inverse{s.samples}, y{x.size()};
        const auto in = given.arguments(centred);
        table.normalize(s.samples, s.channels, Scalar(0.01), in.x, in.gamma, in.beta,
                        centred ? mean.data() : nullptr, inverse.data(), y.data());
        if (centred) check_close(mean, r.mean, tolerance(s), name + " mean");
        check_close(inverse, inverses, tolerance(s) * 10, name + " inverse");
        check_close(y, normalized(r, given, centred), tolerance(s) * 10, name + " normalize");
      });
    }
}

// grad(arguments, gradient of the result, where gradients go) is a kernel's.
void check_gradients(const std::string& name, const Gradients& d, const Groups& s,
                     const Guarded<Scalar>& g, auto grad) {
  Guarded<Scalar> dx = g, gamma{s.columns()}, beta{s.columns()};
  grad(dx.data(), {dx.data(), gamma.data(), beta.data()});
  check_close(dx, d.x, tolerance(s) * 100, name + " dx");
  check_close(gamma, d.gamma, tolerance(s) * 100, name + " dgamma");
  check_close(beta, d.beta, tolerance(s) * 10, name + " dbeta");
  Guarded<Scalar> sums{s.columns()}, same{s.columns()}, kept = g;
  grad(kept.data(), {nullptr, sums.data(), same.data()});
  BOOST_TEST((sums == gamma && same == beta && kept == g), name + " without dx");
}

BOOST_AUTO_TEST_CASE(gradients_against_plain_loops) {
  using kernels::NormGradients;
  for (const Groups& s : cases())
    for (const bool fixed : {false, true}) {
      auto x = numbers(size_of(s), 1), g = numbers(x.size(), 2);
      const Reference r{s, x, true};
      Given given{r, x};
      const Gradients d = gradients(r, doubles(given.gamma), doubles(g), fixed, true);
      const auto in = given.arguments(true);
      for_each_set<Kernels>([&](const Kernels& table) {
        check_gradients(name_of(s) + (fixed ? " fixed" : ""), d, s, g,
                        [&](const Scalar* from, const NormGradients& to) {
                          table.grad(s, in, from, fixed, to);
                        });
      });
    }
  for (const Groups& s : row_cases())
    for (const bool centred : {true, false}) {
      auto x = numbers(size_of(s), 1), g = numbers(x.size(), 2);
      const Reference r{s, x, centred};
      Given given{r, x};
      const Gradients d = gradients(r, doubles(given.gamma), doubles(g), false, centred);
      const auto in = given.arguments(centred);
      for_each_set<RowKernels>([&](const RowKernels& table) {
        check_gradients(name_of(s) + " rows", d, s, g,
                        [&](const Scalar* from, const NormGradients& to) {
                          table.grad(s.samples, s.channels, in, from, to);
                        });
      });
    }
}

// Where squares alone would have lost all digits.
BOOST_AUTO_TEST_CASE(a_small_variance_beside_a_large_mean) {
  const double far = is_double ? 1e8 : 4096, step = is_double ? 1.0 / 1024 : 1.0 / 64;
  for (const Groups& s : {Groups{1, 5000, 19, 1}, Groups{40, 1, 1, 300}, Groups{3, 500, 2, 8}}) {
    Guarded<Scalar> x{size_of(s)};
    for (std::size_t i = 0; i < x.size(); ++i)
      x.data()[i] = static_cast<Scalar>(far + step * static_cast<double>(i * i % 11));
    const Reference r{s, x, true};
    for_each_set<Kernels>([&](const Kernels& table) {
      Guarded<Scalar> mean{r.mean.size()}, variance{r.mean.size()};
      table.moments(s, x.data(), mean.data(), variance.data());
      for (std::size_t i = 0; i < r.variance.size(); ++i) {
        const double ratio = static_cast<double>(variance[i]) / r.variance[i];
        BOOST_TEST(std::abs(ratio - 1) < (is_double ? 1e-6 : 1e-5), name_of(s));
      }
    });
    if (!s.are_rows()) continue;
    Given given{r, x};
    for_each_set<RowKernels>([&](const RowKernels& table) {
      Guarded<Scalar> mean{r.mean.size()}, inverse{r.mean.size()}, y{x.size()};
      table.normalize(s.samples, s.channels, 0, x.data(), given.gamma.data(), given.beta.data(),
                      mean.data(), inverse.data(), y.data());
      for (std::size_t i = 0; i < r.variance.size(); ++i) {
        const double ratio = static_cast<double>(inverse[i]) * std::sqrt(r.variance[i]);
        BOOST_TEST(std::abs(ratio - 1) < (is_double ? 1e-6 : 1e-5), name_of(s));
      }
    });
  }
}

BOOST_AUTO_TEST_CASE(equal_elements_have_no_variance_and_nan_stays) {
  for (const Groups& s : {Groups{1, 100, 3, 1}, Groups{3, 1, 1, 50}, Groups{2, 9, 2, 4}})
    for_each_set<Kernels>([&](const Kernels& table) {
      const std::size_t count = s.samples * s.groups;
      Guarded<Scalar> x{size_of(s), Scalar(0.3)}, mean{count}, variance{count};
      table.moments(s, x.data(), mean.data(), variance.data());
      for (std::size_t i = 0; i < count; ++i) {
        BOOST_TEST(mean[i] == Scalar(0.3));
        BOOST_TEST(variance[i] == 0);
      }
      x.data()[1] = not_a_number;
      table.moments(s, x.data(), mean.data(), variance.data());
      const std::size_t one = s.are_rows() ? 0 : s.channels > 1 ? 0 : 1;
      BOOST_TEST(std::isnan(mean[one]));
      BOOST_TEST(std::isnan(variance[one]));
    });
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  for (const Groups& s :
       {Groups{1, 30'001, 19, 1}, Groups{9001, 1, 1, 37}, Groups{5, 3001, 4, 5}}) {
    auto x = numbers(size_of(s), 1), g = numbers(x.size(), 2);
    const Reference r{s, x, true};
    Given given{r, x};
    const auto in = given.arguments(true);
    for_each_set<Kernels>([&](const Kernels& table) {
      const auto check = [&](const char* name, std::size_t size, auto run) {
        check_threads(name, [&] {
          Guarded<Scalar> out{size};
          run(out.data());
          return out;
        });
      };
      const std::size_t count = r.mean.size(), n = x.size();
      check("moments", 2 * count, [&](Scalar* out) { table.moments(s, in.x, out, out + count); });
      check("normalize", n, [&](Scalar* out) { table.normalize(s, in, out); });
      Guarded<Scalar> gradient = g;
      check("grad", n + 2 * s.columns(), [&](Scalar* out) {
        table.grad(s, in, gradient.data(), false, {out, out + n, out + n + s.columns()});
      });
    });
  }
}

BOOST_AUTO_TEST_CASE(nor_do_they_for_rows) {
  const Groups s{9001, 1, 1, 37};
  auto x = numbers(size_of(s), 1), g = numbers(x.size(), 2);
  const Reference r{s, x, true};
  Given given{r, x};
  const auto in = given.arguments(true);
  const std::size_t n = x.size(), rows = s.samples, columns = s.channels;
  for_each_set<RowKernels>([&](const RowKernels& table) {
    check_threads("rows", [&] {
      Guarded<Scalar> out{2 * n + 2 * rows + 2 * columns};
      Scalar *const mean = out.data() + n, *const dx = mean + 2 * rows;
      table.normalize(rows, columns, 1, in.x, in.gamma, in.beta, mean, mean + rows, out.data());
      table.grad(rows, columns, in, g.data(), {dx, dx + n, dx + n + columns});
      return out;
    });
  });
}

BOOST_AUTO_TEST_SUITE_END()
