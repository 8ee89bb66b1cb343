// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

#include "kernels/normalization.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(normalization)

using kernels::Groups;
using Kernels = Table<kernels::NormKernels>;

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

// Whether a group has a mean that is taken off, which only rows may lack.
std::vector<bool> centrings(const Groups& s) {
  return s.are_rows() ? std::vector{true, false} : std::vector{true};
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

BOOST_AUTO_TEST_CASE(moments_and_what_is_normalized) {
  for (const Groups& s : cases())
    for (const bool centred : centrings(s)) {
      auto x = numbers(size_of(s), 1);
      const Reference r{s, x, centred};
      Given given{r, x};
      Doubles expected(x.size());
      r.for_each([&](std::size_t i, std::size_t group, std::size_t c) {
        expected[i] = r.normal(i, group) * static_cast<double>(given.gamma[c]) +
                      (centred ? static_cast<double>(given.beta[c]) : 0);
      });
      Doubles positive;
      for (const double each : expected) positive.push_back(std::max(each, 0.0));
      for_each_set<Kernels>([&](const Kernels& table) {
        Guarded<Scalar> mean{r.mean.size()}, variance{r.mean.size()}, y{x.size()};
        const auto in = given.arguments(centred);
        table.moments(s, in.x, centred ? mean.data() : nullptr, variance.data());
        if (centred) check_close(mean, r.mean, tolerance(s), name_of(s) + " mean");
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

BOOST_AUTO_TEST_CASE(gradients_against_plain_loops) {
  for (const Groups& s : cases())
    for (const bool centred : centrings(s))
      for (const bool fixed : {false, true}) {
        auto x = numbers(size_of(s), 1), g = numbers(x.size(), 2);
        const Reference r{s, x, centred};
        Given given{r, x};
        const Gradients d = gradients(r, doubles(given.gamma), doubles(g), fixed, centred);
        const std::string name = name_of(s) + (fixed ? " fixed" : "");
        for_each_set<Kernels>([&](const Kernels& table) {
          Guarded<Scalar> dx = g, gamma{s.columns()}, beta{s.columns()};
          table.grad(s, given.arguments(centred), dx.data(), fixed,
                     {dx.data(), gamma.data(), beta.data()});
          check_close(dx, d.x, tolerance(s) * 100, name + " dx");
          check_close(gamma, d.gamma, tolerance(s) * 100, name + " dgamma");
          check_close(beta, d.beta, tolerance(s) * 10, name + " dbeta");
          Guarded<Scalar> sums{s.columns()}, same{s.columns()}, kept = g;
          table.grad(s, given.arguments(centred), kept.data(), fixed,
                     {nullptr, sums.data(), same.data()});
          BOOST_TEST((sums == gamma && same == beta && kept == g), name + " without dx");
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

BOOST_AUTO_TEST_SUITE_END()
