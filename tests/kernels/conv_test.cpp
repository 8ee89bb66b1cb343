// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

#include "kernels/convolution.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(conv)

using kernels::ConvSizes;
using kernels::PoolSizes;
using kernels::Slide;
using Kernels = Table<kernels::ConvKernels, kernels::ConvGradKernels, kernels::Col2imKernels,
                      kernels::PoolKernels, kernels::DenseKernels>;

namespace {

// Of images that are padded already.
Slide slide(std::size_t size, std::size_t window, std::size_t stride, std::size_t dilation) {
  return {size, window, stride, dilation, 0, 0, (size - (window - 1) * dilation - 1) / stride + 1};
}
ConvSizes sizes(std::size_t batch, Shape image, Shape kernel, Shape stride = {1, 1},
                Shape dilation = {1, 1}) {
  return {batch, image[2], kernel[2], slide(image[0], kernel[0], stride[0], dilation[0]),
          slide(image[1], kernel[1], stride[1], dilation[1])};
}
// The same, of which a part is padding.
ConvSizes padded(ConvSizes s) {
  for (Slide* const slide : {&s.rows, &s.columns}) {
    const std::size_t size = slide->size, padding = size / (slide == &s.rows ? 4 : 3);
    slide->before = size / 5;
    slide->after = padding - slide->before;
    slide->size = size - padding;
  }
  return s;
}
std::size_t image_size(const ConvSizes& s) {
  return s.batch * s.rows.padded() * s.columns.padded() * s.in;
}
std::size_t kernel_size(const ConvSizes& s) {
  return s.rows.window * s.columns.window * s.in * s.out;
}
std::size_t result_size(const ConvSizes& s) {
  return s.batch * s.rows.count * s.columns.count * s.out;
}

// Calls f(index in x, index in the kernel, index in y) for each product of the convolution.
template <class F>
void for_each_product(const ConvSizes& s, F f) {
  for (std::size_t n = 0, y = 0; n < s.batch; ++n)
    for (std::size_t i = 0; i < s.rows.count; ++i)
      for (std::size_t j = 0; j < s.columns.count; ++j, y += s.out)
        for (std::size_t a = 0, k = 0; a < s.rows.window; ++a)
          for (std::size_t b = 0; b < s.columns.window; ++b) {
            const std::size_t row = i * s.rows.stride + a * s.rows.dilation;
            const std::size_t column = j * s.columns.stride + b * s.columns.dilation;
            const std::size_t x =
                ((n * s.rows.padded() + row) * s.columns.padded() + column) * s.in;
            for (std::size_t c = 0; c < s.in; ++c)
              for (std::size_t o = 0; o < s.out; ++o, ++k) f(x + c, k, y + o);
          }
}

std::vector<ConvSizes> cases() {
  std::vector<ConvSizes> all;
  for (std::size_t out : odd_sizes) all.push_back(sizes(2, {5, 9, 3}, {3, 3, out}));
  for (std::size_t in : odd_sizes) all.push_back(sizes(2, {4, 5, in}, {2, 3, 5}));
  for (std::size_t width : odd_sizes) all.push_back(sizes(1, {3, width + 2, 1}, {3, 3, 17}));
  all.push_back(sizes(1, {1, 1, 1}, {1, 1, 1}));
  all.push_back(sizes(3, {1, 40, 2}, {1, 5, 33}, {1, 2}));
  all.push_back(sizes(3, {40, 1, 2}, {5, 1, 33}, {2, 1}));
  all.push_back(sizes(2, {9, 11, 2}, {3, 2, 9}, {2, 3}));
  all.push_back(sizes(2, {9, 11, 2}, {3, 2, 9}, {1, 1}, {3, 4}));
  all.push_back(sizes(2, {17, 15, 3}, {2, 3, 31}, {4, 3}, {5, 2}));
  all.push_back(sizes(5, {12, 12, 6}, {5, 5, 16}));
  all.push_back(sizes(64, {6, 6, 1}, {3, 3, 32}));
  for (std::size_t out = 1; out < 10;
       ++out)  // to few channels, with more or fewer taps than sums fit
    all.push_back(sizes(2, {6, 25 + out, 1}, {3, 2 * out + 1, out}));
  for (std::size_t width : {7, 8, 9, 15, 16, 17})  // around the pixels of a vector
    all.push_back(sizes(2, {4, width + 2, 1}, {2, 3, 3}));
  all.push_back(sizes(3, {28, 28, 1}, {5, 5, 6}));
  all.push_back(sizes(2, {15, 41, 1}, {3, 4, 3}, {2, 1}, {2, 3}));
  all.push_back(sizes(2, {7, 40, 1}, {3, 3, 2}, {1, 2}));
  return all;
}

std::string name_of(const ConvSizes& s) {
  return to_string(Shape{s.batch, s.rows.padded(), s.columns.padded(), s.in}) + " by " +
         to_string(Shape{s.rows.window, s.columns.window, s.in, s.out});
}

}  // namespace

BOOST_AUTO_TEST_CASE(convolutions) {
  for (const ConvSizes& s : cases()) {
    auto x = numbers(image_size(s), 1), k = numbers(kernel_size(s), 2), bias = numbers(s.out, 3);
    std::vector<double> sums(result_size(s));
    for_each_product(s, [&](std::size_t in, std::size_t tap, std::size_t out) {
      sums[out] += static_cast<double>(x[in]) * static_cast<double>(k[tap]);
    });
    std::vector<double> rectified;
    for (std::size_t i = 0; i < sums.size(); ++i)
      rectified.push_back(std::max(0.0, sums[i] + static_cast<double>(bias[i % s.out])));
    const double tolerance =
        epsilon * static_cast<double>(s.rows.window * s.columns.window * s.in + 4);
    for_each_set<Kernels>([&](const Kernels& table) {
      Guarded<Scalar> y{result_size(s), not_a_number};
      table.conv2d(s, x.data(), k.data(), nullptr, Activation::none, y.data());
      check_close(y, sums, tolerance, name_of(s));
      table.conv2d(s, x.data(), k.data(), bias.data(), Activation::relu, y.data());
      check_close(y, rectified, tolerance, name_of(s) + " with bias and ReLU");
    });
  }
}

BOOST_AUTO_TEST_CASE(gradients_of_the_kernel) {
  for (const ConvSizes& s : cases()) {
    auto x = numbers(image_size(s), 1), g = numbers(result_size(s), 2);
    std::vector<double> expected(kernel_size(s));
    for_each_product(s, [&](std::size_t in, std::size_t tap, std::size_t out) {
      expected[tap] += static_cast<double>(x[in]) * static_cast<double>(g[out]);
    });
    const double tolerance =
        epsilon * static_cast<double>(s.batch * s.rows.count * s.columns.count + 4);
    for_each_set<Kernels>([&](const Kernels& table) {
      Guarded<Scalar> dk{kernel_size(s), not_a_number};
      table.conv2d_grad_kernel(s, x.data(), g.data(), dk.data());
      check_close(dk, expected, tolerance, name_of(s));
    });
  }
}

// What lies in the images of what is given for the padded ones.
std::vector<double> inside(const ConvSizes& s, const std::vector<double>& padded) {
  std::vector<double> part;
  const Slide &rows = s.rows, &columns = s.columns;
  for (std::size_t n = 0; n < padded.size() / (rows.padded() * columns.padded() * s.in); ++n)
    for (std::size_t y = 0; y < rows.size; ++y)
      for (std::size_t x = 0; x < columns.size * s.in; ++x)
        part.push_back(
            padded[((n * rows.padded() + y + rows.before) * columns.padded() + columns.before) *
                       s.in +
                   x]);
  return part;
}

// Gradients of the images, in both ways, without those of their padding.
BOOST_AUTO_TEST_CASE(gradients_of_images) {
  for (const ConvSizes& whole : cases())
    for (const ConvSizes& s : {whole, padded(whole)}) {
      kernels::ConvPlan plan{.sizes = s};
      const Array k = random(plan.kernel(), -1, 1, 1),
                  g = random({s.batch, s.rows.count, s.columns.count, s.out}, -1, 1, 2);
      std::vector<double> expected(image_size(s));
      for_each_product(s, [&](std::size_t in, std::size_t tap, std::size_t out) {
        expected[in] += static_cast<double>(k.data()[tap]) * static_cast<double>(g.data()[out]);
      });
      const double tolerance =
          epsilon * static_cast<double>(s.rows.window * s.columns.window * s.out + 4);
      for (plan.flips = false;; plan.flips = true) {
        check_close(Guarded<Scalar>{grad_input(plan, k, g)}, inside(s, expected), tolerance,
                    name_of(s));
        if (plan.flips || s.rows.stride > 1 || s.columns.stride > 1) break;
      }
    }
}

// Of one image: the columns of ones count the taps.
BOOST_AUTO_TEST_CASE(columns_are_added_where_their_taps_lie) {
  for (const ConvSizes& whole : cases())
    for (ConvSizes s : {whole, padded(whole)}) {
      s.batch = 1;
      const std::size_t taps = s.rows.window * s.columns.window * s.in;
      const Guarded<Scalar> ones{s.rows.count * s.columns.count * taps, 1};
      std::vector<double> counts(image_size(s));
      for_each_product(s, [&](std::size_t in, std::size_t tap, std::size_t) {
        counts[in] += tap % s.out == 0 ? 1 : 0;
      });
      for_each_set<Kernels>([&](const Kernels& table) {
        Guarded<Scalar> sums{s.rows.size * s.columns.size * s.in, 0};
        table.col2im(s, 0, s.rows.count, ones.elements().data(), sums.data());
        check_close(sums, inside(s, counts), 0, name_of(s));
      });
    }
}

// Windows over the result, side by side; what is left over at the end belongs to none.
std::vector<PoolSizes> poolings(const ConvSizes& s) {
  std::vector<PoolSizes> all;
  for (const auto& [h, w] : {std::pair{2, 2}, std::pair{1, 3}, std::pair{3, 1}, std::pair{1, 1}}) {
    const auto height = static_cast<std::size_t>(h), width = static_cast<std::size_t>(w);
    if (height <= s.rows.count && width <= s.columns.count)
      all.push_back({s.batch, s.out, slide(s.rows.count, height, height, 1),
                     slide(s.columns.count, width, width, 1)});
  }
  return all;
}

// One pass or two: the same bits forward, and backward the same sums in another order.
BOOST_AUTO_TEST_CASE(pooled_convolutions) {
  for (const ConvSizes& s : cases())
    for (const PoolSizes& p : poolings(s)) {
      auto x = numbers(image_size(s), 1), k = numbers(kernel_size(s), 2), bias = numbers(s.out, 3);
      const std::size_t size = s.batch * p.rows.count * p.columns.count * s.out;
      auto g = numbers(size, 4);
      for_each_set<Kernels>([&](const Kernels& table) {
        Guarded<Scalar> whole{result_size(s)}, expected{size}, y{size, not_a_number};
        Guarded<std::uint8_t> at{size}, position{size, 99};
        table.conv2d(s, x.data(), k.data(), bias.data(), Activation::relu, whole.data());
        table.max_pool2d(p, whole.data(), expected.data(), at.data());
        table.conv2d_max_pool(s, p, x.data(), k.data(), bias.data(), Activation::relu, y.data(),
                              position.data());
        BOOST_TEST((y == expected), name_of(s));
        BOOST_TEST((position == at), name_of(s));

        Guarded<Scalar> unpooled{result_size(s), not_a_number};
        Guarded<Scalar> dk_expected{kernel_size(s)}, dk{kernel_size(s), not_a_number};
        table.max_pool2d_grad(p, at.data(), g.data(), unpooled.data());
        table.conv2d_grad_kernel(s, x.data(), unpooled.data(), dk_expected.data());
        table.conv2d_max_pool_grad_kernel(s, p, x.data(), position.data(), g.data(), dk.data());
        std::vector<double> close_to;
        for (std::size_t i = 0; i < dk.size(); ++i)
          close_to.push_back(static_cast<double>(dk_expected[i]));
        check_close(dk, close_to,
                    epsilon * static_cast<double>(s.batch * s.rows.count * s.columns.count + 4),
                    name_of(s));
      });
    }
}

BOOST_AUTO_TEST_CASE(nan_passes_through_relu) {
  const ConvSizes s = sizes(1, {3, 19, 1}, {1, 1, 19});
  auto x = numbers(image_size(s)), k = numbers(kernel_size(s));
  x.data()[7] = not_a_number;
  for_each_set<Kernels>([&](const Kernels& table) {
    Guarded<Scalar> y{result_size(s)};
    table.conv2d(s, x.data(), k.data(), nullptr, Activation::relu, y.data());
    for (std::size_t i = 0; i < y.size(); ++i)
      BOOST_TEST(std::isnan(y[i]) == (i / 19 == 7), "element " << i);
  });
}

// The last tile of a row has pixels of the one before it, which count there alone.
BOOST_AUTO_TEST_CASE(infinity_passes_to_the_gradient_of_few_channels) {
  const ConvSizes s = sizes(1, {1, 20, 1}, {1, 1, 3});
  for_each_set<Kernels>([&](const Kernels& table) {
    for (std::size_t i = 0; i < s.columns.count; ++i)
      for (const bool in_x : {true, false}) {
        std::vector<Scalar> x(s.columns.count, 1), g(result_size(s), 1);
        (in_x ? x[i] : g[3 * i + 1]) = std::numeric_limits<Scalar>::infinity();
        Guarded<Scalar> dk{kernel_size(s), not_a_number};
        table.conv2d_grad_kernel(s, x.data(), g.data(), dk.data());
        for (std::size_t c = 0; c < 3; ++c)
          BOOST_TEST(dk[c] == (in_x || c == 1 ? std::numeric_limits<Scalar>::infinity() : 20),
                     "pixel " << i << ", channel " << c);
      }
  });
}

BOOST_AUTO_TEST_CASE(no_image_gives_a_gradient_of_zeros) {
  for (const ConvSizes& s : {sizes(0, {5, 5, 2}, {3, 3, 9}), sizes(0, {5, 20, 1}, {3, 3, 2})}) {
    auto x = numbers(1), g = numbers(1);
    for_each_set<Kernels>([&](const Kernels& table) {
      Guarded<Scalar> dk{kernel_size(s), not_a_number};
      table.conv2d_grad_kernel(s, x.data(), g.data(), dk.data());
      check_close(dk, std::vector<double>(dk.size()), 0, "kernel");
    });
  }
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  for (const ConvSizes& s :
       {sizes(64, {28, 28, 1}, {3, 3, 32}), sizes(64, {28, 28, 1}, {5, 5, 6}),
        sizes(16, {14, 14, 6}, {5, 5, 16}), sizes(7, {33, 31, 16}, {3, 3, 33}, {2, 1})}) {
    auto x = numbers(image_size(s), 1), k = numbers(kernel_size(s), 2),
         g = numbers(result_size(s), 3);
    for_each_set<Kernels>([&](const Kernels& table) {
      check_threads("conv2d", [&] {
        Guarded<Scalar> y{result_size(s)};
        table.conv2d(s, x.data(), k.data(), k.data(), Activation::none, y.data());
        return y;
      });
      check_threads("conv2d_grad_kernel", [&] {
        Guarded<Scalar> dk{kernel_size(s)};
        table.conv2d_grad_kernel(s, x.data(), g.data(), dk.data());
        return dk;
      });
      const PoolSizes p = poolings(s)[0];
      Guarded<std::uint8_t> position{result_size(s)};
      check_threads("conv2d_max_pool", [&] {
        Guarded<Scalar> y{s.batch * p.rows.count * p.columns.count * s.out};
        table.conv2d_max_pool(s, p, x.data(), k.data(), nullptr, Activation::relu, y.data(),
                              position.data());
        return y;
      });
      check_threads("conv2d_max_pool_grad_kernel", [&] {
        Guarded<Scalar> dk{kernel_size(s)};
        table.conv2d_max_pool_grad_kernel(s, p, x.data(), position.data(), g.data(), dk.data());
        return dk;
      });
    });
    kernels::ConvPlan plan{.sizes = s};
    const Array kernel = random(plan.kernel(), -1, 1, 2),
                gradient = random({s.batch, s.rows.count, s.columns.count, s.out}, -1, 1, 3);
    for (plan.flips = false;; plan.flips = true) {
      check_threads("grad_input",
                    [&] { return Guarded<Scalar>{grad_input(plan, kernel, gradient)}; });
      if (plan.flips || s.rows.stride > 1) break;
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
