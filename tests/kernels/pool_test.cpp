// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(pool)

using kernels::PoolSizes;
using kernels::Slide;
using Kernels = Table<kernels::PoolKernels>;

namespace {

Slide slide(std::size_t size, std::size_t window, std::size_t stride, std::size_t before,
            std::size_t after) {
  return {size, window, stride, 1, before, after, (size + before + after - window) / stride + 1};
}
PoolSizes sizes(Shape image, Shape window, Shape stride, Shape before = {0, 0},
                Shape after = {0, 0}) {
  return {image[0], image[3], slide(image[1], window[0], stride[0], before[0], after[0]),
          slide(image[2], window[1], stride[1], before[1], after[1])};
}
std::size_t image_size(const PoolSizes& s) {
  return s.batch * s.rows.size * s.columns.size * s.channels;
}
std::size_t result_size(const PoolSizes& s) {
  return s.batch * s.rows.count * s.columns.count * s.channels;
}

// Calls f(index in y, index in x, position in the window) for each element of each window.
template <class F>
void for_each_element(const PoolSizes& s, F f) {
  for (std::size_t y = 0; y < result_size(s); ++y) {
    const std::size_t c = y % s.channels, j = y / s.channels % s.columns.count;
    const std::size_t i = y / s.channels / s.columns.count % s.rows.count,
                      n = y / s.channels / s.columns.count / s.rows.count;
    for (std::size_t a = 0; a < s.rows.window; ++a)
      for (std::size_t b = 0; b < s.columns.window; ++b) {
        const std::size_t row = i * s.rows.stride + a,
                          column = j * s.columns.stride + b;  // in the padded image
        if (row < s.rows.before || column < s.columns.before ||
            row - s.rows.before >= s.rows.size || column - s.columns.before >= s.columns.size)
          continue;
        f(y,
          ((n * s.rows.size + row - s.rows.before) * s.columns.size + column - s.columns.before) *
                  s.channels +
              c,
          a * s.columns.window + b);
      }
  }
}

std::vector<PoolSizes> cases() {
  std::vector<PoolSizes> all;
  for (std::size_t channels : odd_sizes) {
    all.push_back(sizes({2, 4, 6, channels}, {2, 2}, {2, 2}));
    all.push_back(sizes({1, 5, 5, channels}, {3, 3}, {2, 2}, {1, 1}, {1, 1}));
  }
  all.push_back(sizes({2, 7, 5, 3}, {2, 3}, {1, 1}));
  // As many elements as windows have together, but padded.
  all.push_back(sizes({1, 6, 6, 17}, {3, 3}, {3, 3}, {1, 1}, {1, 1}));
  all.push_back(sizes({2, 4, 4, 3}, {2, 2}, {2, 2}, {1, 0}));
  all.push_back(sizes({2, 7, 9, 3}, {2, 2}, {3, 4}));
  all.push_back(sizes({2, 3, 3, 17}, {5, 5}, {1, 1}, {2, 2}, {2, 2}));
  all.push_back(sizes({1, 4, 4, 2}, {3, 4}, {1, 2}, {2, 1}, {0, 3}));
  all.push_back(sizes({3, 1, 1, 5}, {1, 1}, {1, 1}));
  all.push_back(sizes({1, 16, 32, 1}, {16, 16}, {16, 16}));  // the largest window there is
  return all;
}

std::string name_of(const PoolSizes& s) {
  return to_string(Shape{s.batch, s.rows.size, s.columns.size, s.channels}) + " by " +
         to_string(Shape{s.rows.window, s.columns.window});
}

// Small integers, so that there are ties, and some that are no numbers.
Guarded<Scalar> with_ties(std::size_t size, bool nan) {
  Guarded<Scalar> x = numbers(size, 4, -4, 0);
  for (std::size_t i = 0; i < size; ++i) x.data()[i] = std::floor(x[i]);
  for (std::size_t i = 3; nan && i < size; i += 11) x.data()[i] = not_a_number;
  return x;
}

}  // namespace

BOOST_AUTO_TEST_CASE(maxima_and_their_positions) {
  for (const PoolSizes& s : cases())
    for (const bool nan : {false, true}) {
      auto x = with_ties(image_size(s), nan);
      std::vector<double> best(result_size(s), -infinity);
      std::vector<std::size_t> position(best.size()), first_nan(best.size(), 256);
      for_each_element(s, [&](std::size_t out, std::size_t in, std::size_t at) {
        const auto v = static_cast<double>(x[in]);
        if (std::isnan(v)) first_nan[out] = std::min(first_nan[out], at);
        if (!std::isnan(best[out]) && (std::isnan(v) || v > best[out]))
          best[out] = v, position[out] = at;
      });
      for_each_set<Kernels>([&](const Kernels& table) {
        Guarded<Scalar> y{result_size(s), 55};
        Guarded<std::uint8_t> p{result_size(s), 99};
        table.max_pool2d(s, x.data(), y.data(), p.data());
        check_close(y, best, 0, name_of(s));
        BOOST_TEST(p.intact());
        for (std::size_t i = 0; i < p.size(); ++i)
          if (first_nan[i] == 256)
            BOOST_REQUIRE_MESSAGE(p[i] == position[i], name_of(s) << ": position " << i << " is "
                                                                  << int{p[i]} << ", expected "
                                                                  << position[i]);
      });
    }
}

BOOST_AUTO_TEST_CASE(gradients_of_maxima) {
  for (const PoolSizes& s : cases()) {
    auto x = with_ties(image_size(s), false), g = numbers(result_size(s), 2);
    Guarded<Scalar> y{result_size(s)};
    Guarded<std::uint8_t> p{result_size(s)};
    Kernels{}.max_pool2d(s, x.data(), y.data(), p.data());
    std::vector<double> expected(image_size(s));
    for_each_element(s, [&](std::size_t out, std::size_t in, std::size_t at) {
      if (at == p[out]) expected[in] += static_cast<double>(g[out]);
    });
    for_each_set<Kernels>([&](const Kernels& table) {
      Guarded<Scalar> dx{image_size(s), not_a_number};
      table.max_pool2d_grad(s, p.data(), g.data(), dx.data());
      check_close(dx, expected, 32 * epsilon, name_of(s));
    });
  }
}

// Into a larger image, of which only the windows are written.
BOOST_AUTO_TEST_CASE(gradients_of_maxima_in_place) {
  for (const PoolSizes& s :
       {sizes({1, 4, 6, 3}, {2, 2}, {2, 2}), sizes({1, 7, 7, 33}, {3, 2}, {3, 2})}) {
    auto g = numbers(result_size(s), 2);
    Guarded<std::uint8_t> p{result_size(s)};
    for (std::size_t i = 0; i < p.size(); ++i)
      p.data()[i] = static_cast<std::uint8_t>(i % (s.rows.window * s.columns.window));
    const std::size_t row = s.columns.size * s.channels + 5;
    std::vector<double> expected(s.rows.size * row, 55);
    for_each_element(s, [&](std::size_t out, std::size_t in, std::size_t at) {
      const std::size_t size = s.columns.size * s.channels;
      expected[in / size * row + in % size] = at == p[out] ? static_cast<double>(g[out]) : 0;
    });
    for_each_set<Kernels>([&](const Kernels& table) {
      Guarded<Scalar> dx{s.rows.size * row, 55};
      table.unpool(s, p.data(), g.data(), dx.data(), row);
      check_close(dx, expected, 0, name_of(s));
    });
  }
}

BOOST_AUTO_TEST_CASE(means_and_their_gradients) {
  for (const PoolSizes& s : cases()) {
    auto x = numbers(image_size(s), 1), g = numbers(result_size(s), 2);
    std::vector<double> mean(result_size(s)), count(result_size(s)), dx_expected(image_size(s));
    for_each_element(s, [&](std::size_t out, std::size_t in, std::size_t) {
      mean[out] += static_cast<double>(x[in]);
      ++count[out];
    });
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] /= count[i];
    for_each_element(s, [&](std::size_t out, std::size_t in, std::size_t) {
      dx_expected[in] += static_cast<double>(g[out]) / count[out];
    });
    for_each_set<Kernels>([&](const Kernels& table) {
      Guarded<Scalar> y{result_size(s), not_a_number}, dx{image_size(s), not_a_number};
      table.avg_pool2d(s, x.data(), y.data());
      check_close(y, mean, 32 * epsilon, name_of(s));
      table.avg_pool2d_grad(s, g.data(), dx.data());
      check_close(dx, dx_expected, 32 * epsilon, name_of(s));
    });
  }
}

// A sum in float of so many elements would be far off.
BOOST_AUTO_TEST_CASE(the_mean_of_a_large_window) {
  const PoolSizes s = sizes({1, 1000, 1000, 3}, {1000, 1000}, {1, 1});
  Guarded<Scalar> x{image_size(s), Scalar{0.1F}};
  for_each_set<Kernels>([&](const Kernels& table) {
    Guarded<Scalar> y{3};
    table.avg_pool2d(s, x.data(), y.data());
    const double tolerance = is_double ? 1e-11 : epsilon / 16;  // doubles are added in double, too
    check_close(y, std::vector<double>(3, static_cast<double>(Scalar{0.1F})), tolerance,
                name_of(s));
  });
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  for (const PoolSizes& s : {sizes({64, 26, 26, 32}, {2, 2}, {2, 2}),
                             sizes({5, 60, 61, 7}, {3, 3}, {2, 1}, {1, 1}, {1, 1})}) {
    auto x = numbers(image_size(s), 1), g = numbers(result_size(s), 2);
    for_each_set<Kernels>([&](const Kernels& table) {
      Guarded<std::uint8_t> p{result_size(s)};
      const auto check = [&](const char* name, std::size_t size, auto run) {
        check_threads(name, [&] {
          Guarded<Scalar> out{size};
          run(out.data());
          return out;
        });
      };
      check("max_pool2d", result_size(s),
            [&](Scalar* y) { table.max_pool2d(s, x.data(), y, p.data()); });
      check("max_pool2d_grad", image_size(s),
            [&](Scalar* dx) { table.max_pool2d_grad(s, p.data(), g.data(), dx); });
      check("avg_pool2d", result_size(s), [&](Scalar* y) { table.avg_pool2d(s, x.data(), y); });
      check("avg_pool2d_grad", image_size(s),
            [&](Scalar* dx) { table.avg_pool2d_grad(s, g.data(), dx); });
    });
  }
}

BOOST_AUTO_TEST_SUITE_END()
