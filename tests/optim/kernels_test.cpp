// SPDX-License-Identifier: MIT
// The kernels of every instruction set that this machine has, against plain loops.
#include "kernels/dispatch.hpp"
#include "kernels/optim.hpp"
#include "kernels/parallel.hpp"
#include "model.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

using namespace test;

BOOST_AUTO_TEST_SUITE(optim_kernels)

namespace {

// Lengths that fill no vector, some, and more than one slice.
const std::size_t sizes[] = {0, 1, 7, 8, 9, 31, 100, kernels::elementwise_grain + 3};

// w, g, and up to three arrays of state, all at least 0 but for w and g.
struct Arrays {
  explicit Arrays(std::size_t size) {
    std::mt19937 random{7};
    std::uniform_real_distribution<double> uniform{0, 1};
    for (std::vector<double>& x : all) {
      x.resize(size);
      for (double& e : x) e = uniform(random);
    }
    for (std::size_t i = 0; i < size; ++i) {
      all[1][i] -= 0.5;
      if (i % 5 == 2) all[1][i] = all[2][i] = all[3][i] = all[4][i] = 0;  // 0 / 0
    }
  }
  double* operator[](std::size_t i) { return all[i].data(); }
  kernels::Target target(double weight_decay) {
    return {(*this)[0], (*this)[1], size(), weight_decay};
  }
  std::size_t size() const { return all[0].size(); }
  std::vector<double> all[5];
};

using Kernel = std::function<void(const kernels::OptimKernels&, Arrays&)>;
using Rule = std::function<void(double& w, double g, double& a, double& b, double& c)>;

void check(const Kernel& kernel, const Rule& rule) {
  for (const auto& table : kernels::all<kernels::OptimKernels>())
    for (std::size_t size : sizes) {
      const auto set = &table - kernels::all<kernels::OptimKernels>().data();
      BOOST_TEST_CONTEXT(kernels::instruction_sets()[set] << ", " << size << " elements") {
        Arrays actual{size}, expected{size};
        kernel(table, actual);
        for (std::size_t i = 0; i < size; ++i)
          rule(expected[0][i], expected[1][i], expected[2][i], expected[3][i], expected[4][i]);
        for (std::size_t k = 0; k < 5; ++k)
          for (std::size_t i = 0; i < size; ++i)
            BOOST_REQUIRE_SMALL(actual[k][i] - expected[k][i], 1e-14);
      }
    }
}

double divide(double a, double b) { return a == 0 && b == 0 ? 0 : a / b; }

}  // namespace

BOOST_AUTO_TEST_CASE(sgd) {
  const kernels::Momentum p{0.9, 0.2, 0.3};
  check([=](auto& k, Arrays& x) { k.sgd(x.target(0.1), nullptr, p, false); },
        [](double& w, double g, double&, double&, double&) { w -= 0.06 * (g + 0.1 * w); });
  check([=](auto& k, Arrays& x) { k.sgd(x.target(0.1), x[2], p, false); },
        [](double& w, double g, double& b, double&, double&) {
          b = 0.9 * b + 0.2 * (g + 0.1 * w);
          w -= 0.3 * b;
        });
  check([=](auto& k, Arrays& x) { k.sgd(x.target(0), x[2], p, true); },
        [](double& w, double g, double& b, double&, double&) {
          b = 0.9 * b + 0.2 * g;
          w -= 0.3 * (0.9 * b + 0.2 * g);
        });
}

BOOST_AUTO_TEST_CASE(adagrad) {
  check(
      [](auto& k, Arrays& x) {
        k.adagrad(x.target(0), x[2], {0.5, 0, 0}, 0.1);
      },
      [](double& w, double g, double& s, double&, double&) {
        s += g * g;
        w -= 0.1 * divide(g, std::sqrt(0.5 * s));
      });
}

BOOST_AUTO_TEST_CASE(adadelta) {
  check(
      [](auto& k, Arrays& x) {
        k.adadelta(x.target(0.1), x[2], x[3], {0.9, 0.1}, 0.01, 0.5);
      },
      [](double& w, double g, double& gg, double& xx, double&) {
        g += 0.1 * w;
        gg = 0.9 * gg + 0.1 * g * g;
        const double x = std::sqrt((xx + 0.01) / (gg + 0.01)) * g;
        xx = 0.9 * xx + 0.1 * x * x;
        w -= 0.5 * x;
      });
}

BOOST_AUTO_TEST_CASE(rmsprop) {
  const kernels::Momentum p{0.8, 0.2, 0.3};
  const kernels::Average a{0.9, 0.1};
  for (const bool centered : {false, true})
    for (const bool moves : {false, true}) {
      const double inside = centered ? 0.01 : 0;
      const kernels::Root r{1, inside, 0};
      check(
          [=](auto& k, Arrays& x) {
            k.rmsprop(x.target(0), x[2], centered ? x[3] : nullptr, moves ? x[4] : nullptr, a, r,
                      p);
          },
          [=](double& w, double g, double& v, double& m, double& b) {
            v = 0.9 * v + 0.1 * g * g;
            if (centered) m = 0.9 * m + 0.1 * g;
            const double u = centered ? std::max(v - m * m, 0.0) : v;
            const double x = divide(g, std::sqrt(u + inside));
            if (moves) b = 0.8 * b + 0.2 * x;
            w -= 0.3 * (moves ? b : 0.2 * x);
          });
    }
}

BOOST_AUTO_TEST_CASE(adam) {
  const kernels::AdamStep s{
      .m = {0.9, 0.1}, .v = {0.99, 0.01}, .root = {2, 0, 0}, .rate = 0.1, .decay = 0.01};
  for (const bool amsgrad : {false, true})
    check([=](auto& k, Arrays& x) { k.adam(x.target(0), x[2], x[3], amsgrad ? x[4] : nullptr, s); },
          [=](double& w, double g, double& m, double& v, double& largest) {
            m = 0.9 * m + 0.1 * g;
            v = 0.99 * v + 0.01 * g * g;
            if (amsgrad) largest = std::max(largest, v);
            w = w - 0.01 * w - 0.1 * divide(m, std::sqrt(2 * (amsgrad ? largest : v)));
          });
}

BOOST_AUTO_TEST_CASE(clipping) {
  for (const auto& table : kernels::all<kernels::OptimKernels>())
    for (std::size_t size : sizes) {
      Arrays scaled{size}, clamped{size}, x{size};
      double sum = 0;
      for (double g : x.all[1]) sum += g * g;
      BOOST_TEST(static_cast<double>(table.sum_of_squares(x[1], size)) == sum,
                 boost::test_tools::tolerance(1e-13));
      table.scale(scaled[1], size, 0.3);
      table.clamp(clamped[1], size, 0.2);
      for (std::size_t i = 0; i < size; ++i) {
        BOOST_REQUIRE_EQUAL(scaled[1][i], 0.3 * x[1][i]);
        BOOST_REQUIRE_EQUAL(clamped[1][i], std::min(std::max(x[1][i], -0.2), 0.2));
      }
    }
}

BOOST_AUTO_TEST_SUITE_END()
