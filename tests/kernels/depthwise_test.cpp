// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"

#include "kernels/conv_groups.hpp"
#include "kernels/depthwise.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(depthwise_convolutions)

using kernels::ConvPlan;
using kernels::TermList;
using Kernels = Table<kernels::DepthwiseKernels>;

namespace {

ConvPlan depthwise(const Shape& images, Size2D window, Conv2DOptions o = {}) {
  o.groups = images[3];
  return kernels::plan({"conv2d", Location::current()}, images,
                       {window.height, window.width, 1, images[3]}, o);
}

std::vector<ConvPlan> cases() {
  std::vector<ConvPlan> all;
  for (std::size_t channels : odd_sizes)
    if (channels > 1) all.push_back(depthwise({2, 5, 9, channels}, 3, {.padding = 1}));
  for (std::size_t width : odd_sizes)
    all.push_back(depthwise({2, 3, width, 17}, {3, 2}, {.padding = Padding::same}));
  all.push_back(depthwise({3, 9, 11, 5}, {2, 3}, {.stride = {3, 2}, .padding = {1, 0, 2, 2}}));
  all.push_back(depthwise({3, 9, 11, 5}, {3, 2}, {.padding = 2, .dilation = {2, 4}}));
  all.push_back(depthwise({1, 7, 7, 2}, 2, {.stride = 3}));
  return all;
}

// Calls f(index in x, index in the kernel, index in y) for each product.
template <class F>
void for_each_product(const ConvPlan& p, F f) {
  const auto& [batch, in, out, rows, columns] = p.sizes;
  const std::size_t channels = p.groups;
  for (std::size_t y = 0; y < batch * rows.count * columns.count; ++y)
    for (std::size_t tap = 0; tap < rows.window * columns.window; ++tap) {
      const std::size_t n = y / (rows.count * columns.count);
      const std::size_t row = y / columns.count % rows.count * rows.stride +
                              tap / columns.window * rows.dilation - rows.before;
      const std::size_t column = y % columns.count * columns.stride +
                                 tap % columns.window * columns.dilation - columns.before;
      if (row >= rows.size || column >= columns.size) continue;  // also those below 0
      for (std::size_t c = 0; c < channels; ++c)
        f(((n * rows.size + row) * columns.size + column) * channels + c, tap * channels + c,
          y * channels + c);
    }
}

std::string name_of(const ConvPlan& p) {
  return to_string(p.images()) + " by " + to_string(p.kernel());
}

// As conv_groups.cpp makes them, by hand.
TermList<std::size_t> taps(const kernels::Slide& s) {
  return {s.count, [&](std::size_t i, auto add) {
            for (std::size_t tap = 0; tap < s.window; ++tap) {
              const std::size_t at = i * s.stride + tap * s.dilation;
              if (at >= s.before && at < s.before + s.size) add(at - s.before, tap);
            }
          }};
}

}  // namespace

BOOST_AUTO_TEST_CASE(results) {
  for (const ConvPlan& p : cases()) {
    const auto& [batch, in, out, rows, columns] = p.sizes;
    auto x = numbers(element_count(p.images()), 1), k = numbers(element_count(p.kernel()), 2),
         bias = numbers(p.groups, 3);
    std::vector<double> sums(element_count(p.result())), rectified;
    for_each_product(p, [&](std::size_t i, std::size_t tap, std::size_t o) {
      sums[o] += static_cast<double>(x[i]) * static_cast<double>(k[tap]);
    });
    for (std::size_t i = 0; i < sums.size(); ++i)
      rectified.push_back(std::max(0.0, sums[i] + static_cast<double>(bias[i % p.groups])));
    const TermList<std::size_t> down = taps(rows), along = taps(columns);
    const kernels::DepthwiseSizes sizes{batch,         rows.size,      columns.size,
                                        p.groups,      columns.window, down.table(),
                                        along.table(), columns.stride};
    for_each_set<Kernels>([&](const Kernels& table) {
      Guarded<Scalar> y{sums.size(), not_a_number};
      table.depthwise(sizes, x.data(), k.data(), nullptr, Activation::none, y.data());
      check_close(y, sums, 16 * epsilon, name_of(p));
      table.depthwise(sizes, x.data(), k.data(), bias.data(), Activation::relu, y.data());
      check_close(y, rectified, 16 * epsilon, name_of(p) + " with bias and ReLU");
    });
  }
}

BOOST_AUTO_TEST_CASE(gradients_of_the_kernel) {
  for (const ConvPlan& p : cases()) {
    auto x = numbers(element_count(p.images()), 1), g = numbers(element_count(p.result()), 2);
    std::vector<double> expected(element_count(p.kernel()));
    for_each_product(p, [&](std::size_t i, std::size_t tap, std::size_t o) {
      expected[tap] += static_cast<double>(x[i]) * static_cast<double>(g[o]);
    });
    for_each_set<Kernels>([&](const Kernels& table) {
      Guarded<Scalar> dk{expected.size(), not_a_number};
      table.depthwise_grad_kernel(p.sizes, p.groups, x.data(), g.data(), dk.data());
      check_close(dk, expected, 300 * epsilon, name_of(p));
    });
  }
}

BOOST_AUTO_TEST_CASE(gradients_of_images) {
  for (const ConvPlan& p : cases()) {
    const Array k = random(p.kernel(), -1, 1, 1), g = random(p.result(), -1, 1, 2);
    std::vector<double> expected(element_count(p.images()));
    for_each_product(p, [&](std::size_t i, std::size_t tap, std::size_t o) {
      expected[i] += static_cast<double>(k.data()[tap]) * static_cast<double>(g.data()[o]);
    });
    check_close(Guarded<Scalar>{grad_input_of_groups(p, k, g)}, expected, 16 * epsilon, name_of(p));
  }
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  const ConvPlan p = depthwise({64, 28, 28, 17}, 3, {.padding = 1});
  const Array x = random(p.images()), k = random(p.kernel(), -1, 1, 2),
              g = random(p.result(), -1, 1, 3);
  check_threads("forward", [&] { return Guarded<Scalar>{forward_of_groups(p, x, k, nullptr)}; });
  check_threads("grad_input", [&] { return Guarded<Scalar>{grad_input_of_groups(p, k, g)}; });
  check_threads("grad_kernel", [&] { return Guarded<Scalar>{grad_kernel_of_groups(p, x, g)}; });
}

BOOST_AUTO_TEST_SUITE_END()
