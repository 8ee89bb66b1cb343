// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

#include "half_units.hpp"

#include "kernels/convolution.hpp"
#include "kernels/half_conv.hpp"

using namespace test;
using kernels::ConvPlan;
using kernels::ConvSizes;
using kernels::Slide;
using Kernels = Table<kernels::HalfConvKernels, kernels::HalfConvGradKernels, kernels::ConvKernels>;

BOOST_AUTO_TEST_SUITE(half_convolutions)

namespace {

Slide slide(std::size_t size, std::size_t window, std::size_t stride, std::size_t dilation,
            std::size_t before, std::size_t after) {
  const std::size_t last = before + size + after - (window - 1) * dilation - 1;
  return {size, window, stride, dilation, before, after, last / stride + 1};
}
ConvSizes sizes(std::size_t batch, std::size_t size, std::size_t in, std::size_t out,
                std::size_t stride = 1) {
  const Slide along = slide(size, 3, stride, 1, 1, 1);
  return {batch, in, out, along, along};
}

// Small ones of all kinds: windows, strides, dilations and paddings; results of less than a block and of some.
std::vector<ConvSizes> cases() {
  std::vector<ConvSizes> all{sizes(2, 8, 33, 40), sizes(3, 34, 16, 16), sizes(33, 2, 16, 17),
                             sizes(2, 66, 16, 16, 2)};
  Rng rng{5};
  while (all.size() < 500) {
    const auto along = [&](std::size_t stride) {
      const std::size_t window = 1 + rng.below(4), dilation = 1 + rng.below(2),
                        last = (window - 1) * dilation, size = last + 1 + rng.below(8);
      return slide(size, window, stride, dilation, rng.below(last + 1), rng.below(last + 1));
    };
    const bool strided = rng.below(4) == 0;
    const Slide rows = along(strided ? 1 + rng.below(3) : 1),
                columns = along(strided ? 1 + rng.below(3) : 1);
    all.push_back({1 + rng.below(2), 1 + rng.below(40), 1 + rng.below(40), rows, columns});
  }
  return all;
}

std::size_t images(const ConvSizes& s) { return s.batch * s.rows.size * s.columns.size * s.in; }
std::size_t results(const ConvSizes& s) { return s.batch * s.rows.count * s.columns.count * s.out; }
std::size_t weights(const ConvSizes& s) { return s.rows.window * s.columns.window * s.in * s.out; }

// Calls f(index in x, index in the kernel, index in y) for each product of the convolution.
template <class F>
void for_each_product(const ConvSizes& s, F f) {
  const Slide &rows = s.rows, &columns = s.columns;
  for (std::size_t n = 0, y = 0; n < s.batch; ++n)
    for (std::size_t i = 0; i < rows.count; ++i)
      for (std::size_t j = 0; j < columns.count; ++j, y += s.out)
        for (std::size_t tap = 0; tap < rows.window * columns.window; ++tap) {
          const std::size_t row = i * rows.stride + tap / columns.window * rows.dilation -
                                  rows.before,
                            column = j * columns.stride + tap % columns.window * columns.dilation -
                                     columns.before;
          if (row >= rows.size || column >= columns.size) continue;  // before 0 is large
          const std::size_t x = ((n * rows.size + row) * columns.size + column) * s.in;
          for (std::size_t c = 0; c < s.in; ++c)
            for (std::size_t o = 0; o < s.out; ++o) f(x + c, (tap * s.in + c) * s.out + o, y + o);
        }
}

// Sums of products, of the same of rounded factors, and of what they are without their signs.
struct Sums {
  std::vector<double> exact, of_rounded, size;
  explicit Sums(std::size_t count) : exact(count), of_rounded(count), size(count) {}
  void add(std::size_t at, double a, double b) {
    exact[at] += a * b;
    of_rounded[at] += rounded_to_half(a) * rounded_to_half(b);
    size[at] += std::abs(a * b);
  }
  void check(const char* what, const Guarded<Scalar>& got) const {
    BOOST_TEST(got.intact());
    for (std::size_t i = 0; i < exact.size(); ++i) {
      const auto x = static_cast<double>(got[i]);
      if (std::abs(x - exact[i]) <= 0x1p-7 * size[i] &&
          std::abs(x - of_rounded[i]) <= 1e-6 * size[i])
        continue;
      BOOST_ERROR(what << ": element " << i << " is " << x << ", expected " << of_rounded[i]);
      return;
    }
  }
};

Array array(const Guarded<Scalar>& from, const Shape& shape) {
  Array a = uninitialized(shape);
  std::ranges::copy(from.elements(), a.data());
  return a;
}

}  // namespace

BOOST_AUTO_TEST_CASE(functions_of_any_size) {
  std::size_t which = 0;
  for (const ConvSizes& s : cases()) {
    auto x = numbers(images(s), 1), k = numbers(weights(s), 2), g = numbers(results(s), 3);
    Sums y{results(s)}, dx{images(s)}, dk{weights(s)};
    for_each_product(s, [&](std::size_t in, std::size_t tap, std::size_t out) {
      y.add(out, x[in], k[tap]);
      dx.add(in, k[tap], g[out]);
      dk.add(tap, x[in], g[out]);
    });
    const Kernels table{which++ % kernels::instruction_sets().size()};  // each in turn
    const HalfUnit& unit = which / 4 % 2 == 0 ? emulated_tiles : emulated_vectors;
    const auto check = [&](const HalfUnit& of) {
      const ConvPlan plan{.sizes = s, .half = &of};
      const Array images = array(x, plan.images()), gradient = array(g, plan.result());
      Guarded<Scalar> got{results(s), not_a_number}, got_k{weights(s), not_a_number};
      table.kernels::HalfConvKernels::conv2d(of, s, x.data(), k.data(), nullptr, Activation::none,
                                             got.data());
      y.check("conv2d", got);
      dx.check("grad_input", Guarded<Scalar>{grad_input(plan, array(k, plan.kernel()), gradient)});
      dk.check("grad_kernel", Guarded<Scalar>{grad_kernel(plan, images, gradient)});
      if (plan.spreads()) return;
      table.conv2d_grad_kernel(of, s, x.data(), g.data(), got_k.data());
      dk.check("conv2d_grad_kernel", got_k);
    };
    BOOST_TEST_CONTEXT("case " << which) {
      check(unit);
      for (const HalfUnit& real : kernels::half_units()) check(real);
    }
  }
}

BOOST_AUTO_TEST_CASE(bias_and_relu) {
  const ConvSizes s = sizes(3, 7, 20, 35);
  auto x = numbers(images(s), 1), k = numbers(weights(s), 2), bias = numbers(s.out, 3);
  for_each_unit([&](const HalfUnit& unit) {
    for_each_set<Kernels>([&](const Kernels& table) {
      const auto conv2d = table.kernels::HalfConvKernels::conv2d;
      Guarded<Scalar> plain{results(s)}, y{results(s), not_a_number};
      conv2d(unit, s, x.data(), k.data(), nullptr, Activation::none, plain.data());
      conv2d(unit, s, x.data(), k.data(), bias.data(), Activation::relu, y.data());
      for (std::size_t i = 0; i < y.size(); ++i)
        BOOST_TEST(y[i] == std::max(Scalar{0}, plain[i] + bias[i % s.out]));
    });
  });
}

// Rows at a time or one, and images of which the last row and column belong to no window.
BOOST_AUTO_TEST_CASE(what_is_pooled_is_the_maximum_of_what_is_not) {
  for (const std::size_t size : {7, 45})
    for (const std::size_t window : {2, 3}) {
      const ConvSizes s = sizes(2, size, 16, 17);
      const std::size_t count = size / window;
      const Slide along{size, window, window, 1, 0, 0, count};
      const kernels::PoolSizes pool{s.batch, s.out, along, along};
      auto x = numbers(images(s), 1), k = numbers(weights(s), 2), bias = numbers(s.out, 3);
      for_each_unit([&](const HalfUnit& unit) {
        const Kernels table;
        Guarded<Scalar> whole{results(s)}, y{s.batch * count * count * s.out, not_a_number};
        Guarded<std::uint8_t> where{y.size()};
        table.kernels::HalfConvKernels::conv2d(unit, s, x.data(), k.data(), bias.data(),
                                               Activation::relu, whole.data());
        table.kernels::HalfConvKernels::conv2d_max_pool(unit, s, pool, x.data(), k.data(),
                                                        bias.data(), Activation::relu, y.data(),
                                                        where.data());
        BOOST_TEST((y.intact() && where.intact()));
        Guarded<Scalar> expected{y.size()};
        Guarded<std::uint8_t> places{y.size()};
        kernels::best<kernels::PoolKernels>().max_pool2d(pool, whole.data(), expected.data(),
                                                         places.data());
        BOOST_TEST((y == expected && where == places));
      });
    }
}

BOOST_AUTO_TEST_CASE(nan_and_infinity_show) {
  const ConvSizes s = sizes(2, 8, 16, 17);
  auto x = numbers(images(s), 1), k = numbers(weights(s), 2), g = numbers(results(s), 3);
  for (const Scalar bad : {infinity, not_a_number}) {
    auto spoilt = x;
    spoilt.data()[(3 * 8 + 4) * s.in] = bad;  // of the first image, row 3, column 4
    for_each_unit([&](const HalfUnit& unit) {
      const Kernels table;
      Guarded<Scalar> y{results(s)}, finite{results(s)}, dk{weights(s)};
      const auto conv2d = table.kernels::HalfConvKernels::conv2d;
      conv2d(unit, s, x.data(), k.data(), nullptr, Activation::none, finite.data());
      conv2d(unit, s, spoilt.data(), k.data(), nullptr, Activation::none, y.data());
      for (std::size_t i = 0; i < y.size(); ++i) {
        const std::size_t pixel = i / s.out, row = pixel / 8, column = pixel % 8;
        if (row + 1 >= 3 && row <= 4 && column + 1 >= 4 && column <= 5)
          BOOST_TEST(!std::isfinite(y[i]));
        else
          BOOST_TEST(y[i] == finite[i]);
      }
      table.conv2d_grad_kernel(unit, s, spoilt.data(), g.data(), dk.data());
      for (std::size_t o = 0; o < s.out; ++o) {
        BOOST_TEST(!std::isfinite(dk[(4 * s.in) * s.out + o]));  // of the tap in the middle
        BOOST_TEST(std::isfinite(dk[(4 * s.in + 1) * s.out + o]));
      }
    });
  }
}

BOOST_AUTO_TEST_CASE(no_image_gives_a_gradient_of_zeros) {
  const ConvSizes s = sizes(0, 8, 16, 17);
  auto x = numbers(1), g = numbers(1), k = numbers(weights(s));
  Guarded<Scalar> y{1, not_a_number}, dk{weights(s), not_a_number};
  const Kernels table;
  table.kernels::HalfConvKernels::conv2d(emulated_tiles, s, x.data(), k.data(), nullptr,
                                         Activation::none, y.data());
  BOOST_TEST(std::isnan(y[0]));
  table.conv2d_grad_kernel(emulated_tiles, s, x.data(), g.data(), dk.data());
  check_close(dk, std::vector<double>(dk.size()), 0, "kernel");
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  for (const ConvSizes& s : {sizes(9, 16, 16, 33), sizes(17, 7, 64, 32), sizes(1, 32, 16, 16)}) {
    auto x = numbers(images(s), 1), k = numbers(weights(s), 2), g = numbers(results(s), 3);
    for_each_unit([&](const HalfUnit& unit) {
      const Kernels table;
      check_threads("conv2d", [&] {
        Guarded<Scalar> y{results(s)};
        table.kernels::HalfConvKernels::conv2d(unit, s, x.data(), k.data(), k.data(),
                                               Activation::none, y.data());
        return y;
      });
      check_threads("conv2d_grad_kernel", [&] {
        Guarded<Scalar> dk{weights(s)};
        table.conv2d_grad_kernel(unit, s, x.data(), g.data(), dk.data());
        return dk;
      });
    });
  }
}

BOOST_AUTO_TEST_CASE(a_plan_takes_it_where_blocks_are_full) {
  const kernels::HalfScope scope{&emulated_tiles};
  const auto planned = [](const Shape& images, const Shape& kernel, const Conv2DOptions& o) {
    const ConvPlan p = kernels::plan({"conv2d", Location::current()}, images, kernel, o);
    BOOST_TEST(!(p.winograd && p.half != nullptr));
    return p.half != nullptr;
  };
  const Shape images{4, 16, 16, 16}, kernel{3, 3, 16, 16};
  BOOST_TEST(planned(images, kernel, {.padding = 1}));
  BOOST_TEST(planned({1, 16, 16, 16}, kernel, {.padding = 2, .max_pool = 2}));
  BOOST_TEST(planned(images, {5, 1, 16, 40}, {.padding = Padding::same, .dilation = 2}));
  BOOST_TEST(!planned(images, kernel, {.padding = 3}));
  BOOST_TEST(planned(images, kernel, {.stride = 2}));
  BOOST_TEST(!planned(images, kernel, {.stride = 3}));
  BOOST_TEST(!planned(images, {3, 3, 8, 16}, {.groups = 2}));
  BOOST_TEST(!planned(images, {3, 3, 16, 15}, {.padding = 1}));
  BOOST_TEST(!planned({4, 16, 16, 3}, {3, 3, 3, 16}, {.padding = 1}));
  const kernels::HalfScope vectors{&emulated_vectors};  // Winograd's saves more
  BOOST_TEST(!planned(images, kernel, {.padding = 1}));
  BOOST_TEST(planned(images, kernel, {.padding = 1, .winograd = false}));
  BOOST_TEST(!planned(images, kernel, {.stride = {1, 2}}));
  const kernels::HalfScope full{nullptr};
  BOOST_TEST(!planned(images, kernel, {.padding = 1}));
}

BOOST_AUTO_TEST_SUITE_END()
