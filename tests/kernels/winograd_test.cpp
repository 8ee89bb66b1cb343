// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

#include "kernels/convolution.hpp"
#include "kernels/winograd.hpp"

#include <xtape/ops.hpp>
#include <xtape/random.hpp>

#include <limits>

using namespace test;
using kernels::ConvPlan;
using kernels::ConvSizes;
using kernels::Slide;
using Kernels = Table<kernels::WinogradKernels, kernels::ConvKernels>;

BOOST_AUTO_TEST_SUITE(winograd)

namespace {

Slide slide(std::size_t size, std::size_t before, std::size_t after) {
  return {size, 3, 1, 1, before, after, before + size + after - 2};
}
ConvSizes sizes(std::size_t batch, std::size_t size, std::size_t in, std::size_t out) {
  return {batch, in, out, slide(size, 1, 1), slide(size, 1, 1)};
}

// Small ones of all kinds: results of less than a tile, some tiles, parts of vectors, all paddings.
std::vector<ConvSizes> cases() {
  std::vector<ConvSizes> all{sizes(2, 8, 16, 16), sizes(40, 9, 5, 33), sizes(130, 8, 3, 5)};
  Rng rng{7};
  while (all.size() < 500) {
    const auto along = [&] { return slide(1 + rng.below(10), rng.below(3), rng.below(3)); };
    const Slide rows = along(), columns = along();
    if (std::min(rows.padded(), columns.padded()) < 3) continue;
    all.push_back({1 + rng.below(2), 1 + rng.below(20), 1 + rng.below(20), rows, columns});
  }
  return all;
}

std::size_t images(const ConvSizes& s) { return s.batch * s.rows.size * s.columns.size * s.in; }
std::size_t results(const ConvSizes& s) { return s.batch * s.rows.count * s.columns.count * s.out; }
std::size_t weights(const ConvSizes& s) { return 9 * s.in * s.out; }

// Calls f(index in x, index in the kernel, index in y) for each product of the convolution.
template <class F>
void for_each_product(const ConvSizes& s, F f) {
  for (std::size_t n = 0, y = 0; n < s.batch; ++n)
    for (std::size_t i = 0; i < s.rows.count; ++i)
      for (std::size_t j = 0; j < s.columns.count; ++j, y += s.out)
        for (std::size_t tap = 0; tap < 9; ++tap) {
          const std::size_t row = i + tap / 3 - s.rows.before,
                            column = j + tap % 3 - s.columns.before;
          if (row >= s.rows.size || column >= s.columns.size) continue;  // before 0 is large
          const std::size_t x = ((n * s.rows.size + row) * s.columns.size + column) * s.in;
          for (std::size_t c = 0; c < s.in; ++c)
            for (std::size_t o = 0; o < s.out; ++o) f(x + c, (tap * s.in + c) * s.out + o, y + o);
        }
}

// Sums of products, and of what they are without their signs, by which errors are measured.
struct Sums {
  std::vector<double> sum, size;
  explicit Sums(std::size_t count) : sum(count), size(count) {}
  void add(std::size_t at, Scalar a, Scalar b) {
    const double product = static_cast<double>(a) * static_cast<double>(b);
    sum[at] += product;
    size[at] += std::abs(product);
  }
  // The largest error, in epsilons of the largest size: a tile has errors of its largest pixels everywhere.
  double error(const Guarded<Scalar>& got) const {
    double most = 0;
    for (std::size_t i = 0; i < sum.size(); ++i) {
      const double e = std::abs(static_cast<double>(got[i]) - sum[i]);
      if (!std::isfinite(e)) return std::numeric_limits<double>::infinity();
      most = std::max(most, e);
    }
    return most / *std::ranges::max_element(size) / epsilon;
  }
};

}  // namespace

// Measured: 10 epsilon at most, 2 in the mean of all shapes.
BOOST_AUTO_TEST_CASE(functions_of_any_size) {
  double most[3] = {};
  for (const ConvSizes& s : cases()) {
    auto x = numbers(images(s), 1), k = numbers(weights(s), 2), g = numbers(results(s), 3);
    Sums y{results(s)}, dx{images(s)}, dk{weights(s)};
    for_each_product(s, [&](std::size_t in, std::size_t tap, std::size_t out) {
      y.add(out, x[in], k[tap]);
      dx.add(in, k[tap], g[out]);
      dk.add(tap, x[in], g[out]);
    });
    const auto check = [&](std::size_t which, const Sums& expected, const Guarded<Scalar>& got) {
      BOOST_TEST(got.intact());
      most[which] = std::max(most[which], expected.error(got));
    };
    for_each_set<Kernels>([&](const Kernels& table) {
      Guarded<Scalar> got{results(s), not_a_number}, got_k{weights(s), not_a_number};
      table.kernels::WinogradKernels::conv2d(s, x.data(), k.data(), nullptr, Activation::none,
                                             got.data());
      check(0, y, got);
      table.conv2d_grad_kernel(s, x.data(), g.data(), got_k.data());
      check(1, dk, got_k);
    });
    const ConvPlan plan{.sizes = s, .winograd = true};
    const auto array = [](const Guarded<Scalar>& from, const Shape& shape) {
      Array a = uninitialized(shape);
      std::ranges::copy(from.elements(), a.data());
      return a;
    };
    check(2, dx,
          Guarded<Scalar>{grad_input(plan, array(k, plan.kernel()), array(g, plan.result()))});
  }
  for (const double error : most) BOOST_TEST(error < 16);
}

BOOST_AUTO_TEST_CASE(bias_and_relu) {
  const ConvSizes s = sizes(3, 7, 5, 19);
  auto x = numbers(images(s), 1), k = numbers(weights(s), 2), bias = numbers(s.out, 3);
  for_each_set<Kernels>([&](const Kernels& table) {
    const auto conv2d = table.kernels::WinogradKernels::conv2d;
    Guarded<Scalar> plain{results(s)}, y{results(s), not_a_number};
    conv2d(s, x.data(), k.data(), nullptr, Activation::none, plain.data());
    conv2d(s, x.data(), k.data(), bias.data(), Activation::relu, y.data());
    for (std::size_t i = 0; i < y.size(); ++i)
      BOOST_TEST(y[i] == std::max(Scalar{0}, plain[i] + bias[i % s.out]));
  });
}

// An infinity or NaN makes its tiles NaN where it is in a window, through ReLU, and leaves others as they are.
BOOST_AUTO_TEST_CASE(what_is_not_finite_stays_in_its_tiles) {
  const ConvSizes s = sizes(1, 16, 2, 17);
  auto x = numbers(images(s), 1), k = numbers(weights(s), 2);
  for_each_set<Kernels>([&](const Kernels& table) {
    const auto conv2d = table.kernels::WinogradKernels::conv2d;
    Guarded<Scalar> finite{results(s)};
    conv2d(s, x.data(), k.data(), nullptr, Activation::relu, finite.data());
    for (const Scalar bad : {std::numeric_limits<Scalar>::infinity(), not_a_number}) {
      auto spoilt = x;
      spoilt.data()[(6 * 16 + 9) * 2] = bad;  // row 6, column 9
      Guarded<Scalar> y{results(s)};
      conv2d(s, spoilt.data(), k.data(), nullptr, Activation::relu, y.data());
      for (std::size_t i = 0; i < 16; ++i)
        for (std::size_t j = 0; j < 16; ++j)
          for (std::size_t o = 0; o < s.out; ++o) {
            const std::size_t at = (i * 16 + j) * s.out + o;
            if (i + 1 >= 6 && i <= 7 && j + 1 >= 9 && j <= 10)
              BOOST_TEST(!std::isfinite(y[at]));
            else if (i / 4 != 1 || j / 4 != 2)
              BOOST_TEST(y[at] == finite[at]);
          }
    }
  });
}

BOOST_AUTO_TEST_CASE(no_image_gives_a_gradient_of_zeros) {
  const ConvSizes s = sizes(0, 8, 16, 17);
  auto x = numbers(1), g = numbers(1), k = numbers(weights(s));
  for_each_set<Kernels>([&](const Kernels& table) {
    Guarded<Scalar> y{1, not_a_number};
    table.kernels::WinogradKernels::conv2d(s, x.data(), k.data(), nullptr, Activation::none,
                                           y.data());
    BOOST_TEST(std::isnan(y[0]));
    Guarded<Scalar> dk{weights(s), not_a_number};
    table.conv2d_grad_kernel(s, x.data(), g.data(), dk.data());
    check_close(dk, std::vector<double>(dk.size()), 0, "kernel");
  });
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  for (const ConvSizes& s : {sizes(16, 16, 16, 33), sizes(33, 7, 64, 32), sizes(1, 32, 16, 16)}) {
    auto x = numbers(images(s), 1), k = numbers(weights(s), 2), g = numbers(results(s), 3);
    for_each_set<Kernels>([&](const Kernels& table) {
      check_threads("conv2d", [&] {
        Guarded<Scalar> y{results(s)};
        table.kernels::WinogradKernels::conv2d(s, x.data(), k.data(), k.data(), Activation::none,
                                               y.data());
        return y;
      });
      check_threads("conv2d_grad_kernel", [&] {
        Guarded<Scalar> dk{weights(s)};
        table.conv2d_grad_kernel(s, x.data(), g.data(), dk.data());
        return dk;
      });
    });
  }
}

BOOST_AUTO_TEST_CASE(a_plan_takes_it_where_it_saves_time) {
  const auto planned = [](const Shape& images, const Shape& kernel, const Conv2DOptions& o) {
    return kernels::plan({"conv2d", Location::current()}, images, kernel, o).winograd;
  };
  const Shape images{4, 16, 16, 16}, kernel{3, 3, 16, 16};
  BOOST_TEST(planned(images, kernel, {.padding = 1}));
  BOOST_TEST(planned(images, kernel, {.padding = Padding::same, .activation = Activation::relu}));
  BOOST_TEST(planned(images, kernel, {.padding = {0, 2, 1, 2}}));
  BOOST_TEST(planned(images, kernel, {.max_pool = 2}));
  BOOST_TEST(planned({4, 7, 7, 32}, {3, 3, 32, 16}, {.padding = 1}));
  BOOST_TEST(!planned(images, kernel, {.padding = 1, .winograd = false}));
  BOOST_TEST(!planned(images, kernel, {.padding = 3}));
  BOOST_TEST(!planned(images, kernel, {.stride = {1, 2}}));
  BOOST_TEST(!planned(images, kernel, {.padding = 1, .dilation = 2}));
  BOOST_TEST(!planned(images, {3, 3, 8, 16}, {.padding = 1, .groups = 2}));
  BOOST_TEST(!planned(images, {3, 5, 16, 16}, {.padding = 1}));
  BOOST_TEST(!planned(images, {3, 3, 16, 15}, {.padding = 1}));
  BOOST_TEST(!planned({4, 16, 16, 15}, {3, 3, 15, 16}, {.padding = 1}));
  BOOST_TEST(!planned({64, 4, 4, 16}, kernel, {}));            // 2 x 2 of a tile of 4 x 4
  BOOST_TEST(planned({1, 8, 8, 16}, kernel, {.padding = 1}));  // whatever the number of images
}

// Pooling is then a step of its own, with the same results.
BOOST_AUTO_TEST_CASE(what_is_pooled_is_the_maximum_of_what_is_not) {
  const Array images = random({3, 13, 11, 16}, -1, 1, 1), kernel = random({3, 3, 16, 17}, -1, 1, 2);
  const auto results = [&](auto convolved) {
    Tape tape;
    const Variable x = tape.variable(images), k = tape.variable(kernel), y = convolved(x, k);
    tape.backward(sum(y * y));
    return std::array{y.value(), x.grad(), k.grad()};
  };
  const auto at_once = results([](const Variable& x, const Variable& k) {
    return conv2d(x, k, {.padding = 1, .activation = Activation::relu, .max_pool = 2});
  });
  const auto one_by_one = results([](const Variable& x, const Variable& k) {
    return max_pool2d(relu(conv2d(x, k, {.padding = 1})), {.window = 2});
  });
  for (std::size_t i = 0; i < at_once.size(); ++i)
    BOOST_TEST(difference(at_once[i], one_by_one[i].shape(), elements(one_by_one[i]),
                          i == 0 ? 0 : 1e2 * epsilon) == "");
}

// All ops of the family, by which each has the option.
BOOST_AUTO_TEST_CASE(ops_do_without_if_told) {
  const Array images = random({2, 12, 12, 16}, -1, 1, 1), kernel = random({3, 3, 16, 17}, -1, 1, 2),
              result = random({2, 12, 12, 17}, -1, 1, 3);
  const auto results = [&](bool winograd) {
    Tape tape{Mode::eval};
    const Variable x = tape.input(images), k = tape.input(kernel), g = tape.input(result);
    return std::array{conv2d(x, k, {.padding = 1, .winograd = winograd}).value(),
                      conv_transpose2d(g, k, {.padding = 1, .winograd = winograd}).value(),
                      conv2d_grad_kernel(x, g, {.padding = 1, .winograd = winograd}).value()};
  };
  const auto with = results(true), without = results(false);
  for (std::size_t i = 0; i < with.size(); ++i) {
    BOOST_TEST(difference(with[i], without[i].shape(), elements(without[i]), 1e3 * epsilon) == "");
    BOOST_TEST(!std::ranges::equal(with[i], without[i]));
  }
}

BOOST_AUTO_TEST_SUITE_END()
