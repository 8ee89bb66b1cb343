// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

#include "kernels/conv_grad_input.hpp"

using namespace test;
using kernels::Conv2D;
using kernels::Pool2D;
using Kernels = Table<kernels::ConvKernels, kernels::ConvGradKernels, kernels::Col2imKernels,
                      kernels::PoolKernels, kernels::DenseKernels>;

namespace {

Conv2D sizes(std::size_t batch, Shape image, Shape kernel, Shape stride = {1, 1},
             Shape dilation = {1, 1}) {
  const std::size_t reach_h = (kernel[0] - 1) * dilation[0] + 1,
                    reach_w = (kernel[1] - 1) * dilation[1] + 1;
  return {batch,
          image[0],
          image[1],
          image[2],
          kernel[0],
          kernel[1],
          kernel[2],
          stride[0],
          stride[1],
          dilation[0],
          dilation[1],
          (image[0] - reach_h) / stride[0] + 1,
          (image[1] - reach_w) / stride[1] + 1};
}
std::size_t image_size(const Conv2D& s) { return s.batch * s.height * s.width * s.in; }
std::size_t kernel_size(const Conv2D& s) { return s.kernel_h * s.kernel_w * s.in * s.out; }
std::size_t result_size(const Conv2D& s) { return s.batch * s.out_h * s.out_w * s.out; }

// Calls f(index in x, index in the kernel, index in y) for each product of the convolution.
template <class F>
void for_each_product(const Conv2D& s, F f) {
  for (std::size_t n = 0, y = 0; n < s.batch; ++n)
    for (std::size_t i = 0; i < s.out_h; ++i)
      for (std::size_t j = 0; j < s.out_w; ++j, y += s.out)
        for (std::size_t a = 0, k = 0; a < s.kernel_h; ++a)
          for (std::size_t b = 0; b < s.kernel_w; ++b) {
            const std::size_t row = i * s.stride_h + a * s.dilation_h;
            const std::size_t column = j * s.stride_w + b * s.dilation_w;
            const std::size_t x = ((n * s.height + row) * s.width + column) * s.in;
            for (std::size_t c = 0; c < s.in; ++c)
              for (std::size_t o = 0; o < s.out; ++o, ++k) f(x + c, k, y + o);
          }
}

std::vector<Conv2D> cases() {
  std::vector<Conv2D> all;
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
  return all;
}

std::string name_of(const Conv2D& s) {
  return to_string(Shape{s.batch, s.height, s.width, s.in}) + " by " +
         to_string(Shape{s.kernel_h, s.kernel_w, s.in, s.out});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conv)

BOOST_AUTO_TEST_CASE(convolutions) {
  for (const Conv2D& s : cases()) {
    auto x = numbers(image_size(s), 1), k = numbers(kernel_size(s), 2), bias = numbers(s.out, 3);
    std::vector<double> sums(result_size(s));
    for_each_product(s, [&](std::size_t in, std::size_t tap, std::size_t out) {
      sums[out] += static_cast<double>(x[in]) * static_cast<double>(k[tap]);
    });
    std::vector<double> rectified;
    for (std::size_t i = 0; i < sums.size(); ++i)
      rectified.push_back(std::max(0.0, sums[i] + static_cast<double>(bias[i % s.out])));
    const double tolerance = epsilon * static_cast<double>(s.kernel_h * s.kernel_w * s.in + 4);
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
  for (const Conv2D& s : cases()) {
    auto x = numbers(image_size(s), 1), g = numbers(result_size(s), 2);
    std::vector<double> expected(kernel_size(s));
    for_each_product(s, [&](std::size_t in, std::size_t tap, std::size_t out) {
      expected[tap] += static_cast<double>(x[in]) * static_cast<double>(g[out]);
    });
    const double tolerance = epsilon * static_cast<double>(s.batch * s.out_h * s.out_w + 4);
    for_each_set<Kernels>([&](const Kernels& table) {
      Guarded<Scalar> dk{kernel_size(s), not_a_number};
      table.conv2d_grad_kernel(s, x.data(), g.data(), dk.data());
      check_close(dk, expected, tolerance, name_of(s));
    });
  }
}

// Gradients of the images, by columns, without those of their padding.
BOOST_AUTO_TEST_CASE(gradients_of_images) {
  for (const Conv2D& s : cases())
    for (const kernels::Image& image :
         {kernels::Image{s.height, s.width},
          kernels::Image{s.height - s.height / 4, s.width - s.width / 3, s.height / 5,
                         s.width / 4}}) {
      auto k = numbers(kernel_size(s), 1), g = numbers(result_size(s), 2);
      std::vector<double> whole(image_size(s)), expected;
      for_each_product(s, [&](std::size_t in, std::size_t tap, std::size_t out) {
        whole[in] += static_cast<double>(k[tap]) * static_cast<double>(g[out]);
      });
      for (std::size_t n = 0; n < s.batch; ++n)
        for (std::size_t y = 0; y < image.height; ++y)
          for (std::size_t x = 0; x < image.width * s.in; ++x)
            expected.push_back(
                whole[((n * s.height + y + image.top) * s.width + image.left) * s.in + x]);
      Guarded<Scalar> dx{expected.size(), not_a_number};
      kernels::conv2d_grad_input(s, image, k.data(), g.data(), dx.data());
      check_close(dx, expected, epsilon * static_cast<double>(s.kernel_h * s.kernel_w * s.out + 4),
                  name_of(s));

      // Of one image, for each instruction set: the columns of ones count the taps.
      const Conv2D first{1,      s.height,   s.width,    s.in,         s.kernel_h,   s.kernel_w,
                         s.out,  s.stride_h, s.stride_w, s.dilation_h, s.dilation_w, s.out_h,
                         s.out_w};
      const std::size_t taps = s.kernel_h * s.kernel_w * s.in;
      const Guarded<Scalar> ones{s.out_h * s.out_w * taps, 1};
      std::vector<double> all(s.height * s.width * s.in), counts;
      for_each_product(first, [&](std::size_t in, std::size_t tap, std::size_t) {
        all[in] += tap % s.out == 0 ? 1 : 0;
      });
      for (std::size_t y = 0; y < image.height; ++y)
        for (std::size_t x = 0; x < image.width * s.in; ++x)
          counts.push_back(all[((y + image.top) * s.width + image.left) * s.in + x]);
      for_each_set<Kernels>([&](const Kernels& table) {
        Guarded<Scalar> sums{counts.size(), 0};
        table.col2im(first, image, 0, s.out_h, ones.elements().data(), sums.data());
        check_close(sums, counts, 0, name_of(s));
      });
    }
}

// Windows over the result, side by side; what is left over at the end belongs to none.
std::vector<Pool2D> poolings(const Conv2D& s) {
  std::vector<Pool2D> all;
  for (const auto& [h, w] : {std::pair{2, 2}, std::pair{1, 3}, std::pair{3, 1}, std::pair{1, 1}}) {
    const auto window_h = static_cast<std::size_t>(h), window_w = static_cast<std::size_t>(w);
    if (window_h <= s.out_h && window_w <= s.out_w)
      all.push_back({s.batch, s.out_h, s.out_w, s.out, window_h, window_w, window_h, window_w, 0, 0,
                     s.out_h / window_h, s.out_w / window_w});
  }
  return all;
}

// One pass or two: the same bits forward, and backward the same sums in another order.
BOOST_AUTO_TEST_CASE(pooled_convolutions) {
  for (const Conv2D& s : cases())
    for (const Pool2D& p : poolings(s)) {
      auto x = numbers(image_size(s), 1), k = numbers(kernel_size(s), 2), bias = numbers(s.out, 3);
      const std::size_t size = s.batch * p.out_h * p.out_w * s.out;
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
        check_close(dk, close_to, epsilon * static_cast<double>(s.batch * s.out_h * s.out_w + 4),
                    name_of(s));
      });
    }
}

BOOST_AUTO_TEST_CASE(nan_passes_through_relu) {
  const Conv2D s = sizes(1, {3, 19, 1}, {1, 1, 19});
  auto x = numbers(image_size(s)), k = numbers(kernel_size(s));
  x.data()[7] = not_a_number;
  for_each_set<Kernels>([&](const Kernels& table) {
    Guarded<Scalar> y{result_size(s)};
    table.conv2d(s, x.data(), k.data(), nullptr, Activation::relu, y.data());
    for (std::size_t i = 0; i < y.size(); ++i)
      BOOST_TEST(std::isnan(y[i]) == (i / 19 == 7), "element " << i);
  });
}

BOOST_AUTO_TEST_CASE(no_image_gives_a_gradient_of_zeros) {
  const Conv2D s = sizes(0, {5, 5, 2}, {3, 3, 9});
  auto x = numbers(1), g = numbers(1);
  for_each_set<Kernels>([&](const Kernels& table) {
    Guarded<Scalar> dk{kernel_size(s), not_a_number};
    table.conv2d_grad_kernel(s, x.data(), g.data(), dk.data());
    check_close(dk, std::vector<double>(dk.size()), 0, "kernel");
  });
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  for (const Conv2D& s : {sizes(64, {28, 28, 1}, {3, 3, 32}), sizes(16, {14, 14, 6}, {5, 5, 16}),
                          sizes(7, {33, 31, 16}, {3, 3, 33}, {2, 1})}) {
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
      check_threads("conv2d_grad_input", [&] {
        Guarded<Scalar> dx{image_size(s)};
        kernels::conv2d_grad_input(s, {s.height, s.width}, k.data(), g.data(), dx.data());
        return dx;
      });
      const Pool2D p = poolings(s)[0];
      Guarded<std::uint8_t> position{result_size(s)};
      check_threads("conv2d_max_pool", [&] {
        Guarded<Scalar> y{s.batch * p.out_h * p.out_w * s.out};
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
  }
}

BOOST_AUTO_TEST_SUITE_END()
