// SPDX-License-Identifier: MIT
// Convolution and pooling against loops over every pixel, channel and tap.
#include "reference.hpp"

#include <xtape/ops.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(images)

namespace {

// What lies along one axis: the number of results and the padding before the images.
struct Along {
  std::size_t count, before;
};
Along along(std::size_t size, std::size_t reach, std::size_t stride, Padding::Kind kind,
            std::size_t before, std::size_t after) {
  if (kind == Padding::Kind::valid) return {(size - reach) / stride + 1, 0};
  if (kind == Padding::Kind::explicit_)
    return {(size + before + after - reach) / stride + 1, before};
  const std::size_t count = (size + stride - 1) / stride;  // same, as Keras defines it
  const std::size_t needed = (count - 1) * stride + reach;
  return {count, needed > size ? (needed - size) / 2 : 0};
}

// The axes of a convolution.
Along along_rows(const Shape& image, const Shape& kernel, const Conv2DOptions& o) {
  return along(image[1], (kernel[0] - 1) * o.dilation.height + 1, o.stride.height, o.padding.kind,
               o.padding.top, o.padding.bottom);
}
Along along_columns(const Shape& image, const Shape& kernel, const Conv2DOptions& o) {
  return along(image[2], (kernel[1] - 1) * o.dilation.width + 1, o.stride.width, o.padding.kind,
               o.padding.left, o.padding.right);
}

// Calls f(row, column, tap row, tap column) for the taps of output pixel (i, j) inside the image.
template <class F>
void for_each_tap(const Shape& image, Size2D window, Size2D stride, Size2D dilation, Along rows,
                  Along columns, std::size_t i, std::size_t j, F f) {
  for (std::size_t a = 0; a < window.height; ++a)
    for (std::size_t b = 0; b < window.width; ++b) {
      const auto row = static_cast<std::ptrdiff_t>(i * stride.height + a * dilation.height) -
                       static_cast<std::ptrdiff_t>(rows.before);
      const auto column = static_cast<std::ptrdiff_t>(j * stride.width + b * dilation.width) -
                          static_cast<std::ptrdiff_t>(columns.before);
      if (row >= 0 && column >= 0 && row < static_cast<std::ptrdiff_t>(image[1]) &&
          column < static_cast<std::ptrdiff_t>(image[2]))
        f(static_cast<std::size_t>(row), static_cast<std::size_t>(column), a, b);
    }
}

void check_conv(const Shape& image, const Shape& kernel, Conv2DOptions o, bool with_bias = true) {
  const Array x = random(image, -1, 1, 1), k = random(kernel, -1, 1, 2),
              bias = random({kernel[3]}, -1, 1, 3);
  const Along rows = along_rows(image, kernel, o), columns = along_columns(image, kernel, o);
  const Shape result{image[0], rows.count, columns.count, kernel[3]};
  const auto expected = tabulate(result, [&](const Shape& at_pixel) {
    double sum = with_bias ? at(bias, {at_pixel[3]}) : 0;
    for_each_tap(
        image, {kernel[0], kernel[1]}, o.stride, o.dilation, rows, columns, at_pixel[1],
        at_pixel[2], [&](std::size_t row, std::size_t column, std::size_t a, std::size_t b) {
          const std::size_t first = at_pixel[3] / (kernel[3] / o.groups) * kernel[2];
          for (std::size_t c = 0; c < kernel[2]; ++c)
            sum += at(x, {at_pixel[0], row, column, first + c}) * at(k, {a, b, c, at_pixel[3]});
        });
    switch (o.activation) {
      case Activation::relu: return std::max(sum, 0.0);
      case Activation::tanh: return std::tanh(sum);
      case Activation::sigmoid: return 1 / (1 + std::exp(-sum));
      case Activation::gelu: return sum * std::erfc(-sum / std::numbers::sqrt2) / 2;
      default: return sum;
    }
  });
  Tape tape;
  const Variable v = tape.input(x), w = tape.input(k);
  const Variable y = with_bias ? conv2d(v, w, tape.input(bias), o) : conv2d(v, w, o);
  const auto taps = static_cast<double>(kernel[0] * kernel[1] * kernel[2]);
  check_value(to_string(image) + " by " + to_string(kernel), y, result, expected,
              epsilon * (taps + 16));
}

// Each pixel adds its multiple of the kernel (kh, kw, out / groups, in) to a whole, of which the padding is cut off.
void check_conv_transpose(const Shape& image, const Shape& kernel, ConvTranspose2DOptions o,
                          const Shape& size) {
  const Array x = random(image, -1, 1, 1), k = random(kernel, -1, 1, 2),
              bias = random({kernel[2] * o.groups}, -1, 1, 3);
  const std::size_t outputs = kernel[2] * o.groups;
  const std::size_t reach_h = (kernel[0] - 1) * o.dilation.height + 1,
                    reach_w = (kernel[1] - 1) * o.dilation.width + 1;
  std::size_t top = o.padding.top, left = o.padding.left;
  if (o.padding.kind == Padding::Kind::same) {  // as much as makes the result stride times as large
    top = reach_h > o.stride.height ? (reach_h - o.stride.height) / 2 : 0;
    left = reach_w > o.stride.width ? (reach_w - o.stride.width) / 2 : 0;
  }
  const std::size_t height = image[1] * o.stride.height + top + reach_h + size[0],
                    width = image[2] * o.stride.width + left + reach_w + size[1];
  std::vector<double> whole(image[0] * height * width * outputs);
  const auto place = [&](std::size_t n, std::size_t row, std::size_t column, std::size_t out) {
    return ((n * height + row) * width + column) * outputs + out;
  };
  for (std::size_t i = 0; i < x.size() / image[3]; ++i)
    for (std::size_t tap = 0; tap < kernel[0] * kernel[1]; ++tap) {
      const std::size_t n = i / image[2] / image[1], a = tap / kernel[1], b = tap % kernel[1];
      const std::size_t y = i / image[2] % image[1] * o.stride.height + a * o.dilation.height;
      for (std::size_t out = 0; out < kernel[2]; ++out)
        for (std::size_t c = 0; c < kernel[3]; ++c)
          whole[place(n, y, i % image[2] * o.stride.width + b * o.dilation.width,
                      c / (kernel[3] / o.groups) * kernel[2] + out)] +=
              at(x, {n, i / image[2] % image[1], i % image[2], c}) * at(k, {a, b, out, c});
    }
  const Shape result{image[0], size[0], size[1], outputs};
  const auto expected = tabulate(result, [&](const Shape& i) {
    const double sum = whole[place(i[0], i[1] + top, i[2] + left, i[3])] + at(bias, {i[3]});
    return o.activation == Activation::tanh ? std::tanh(sum) : sum;
  });
  Tape tape;
  const Variable y = conv_transpose2d(tape.input(x), tape.input(k), tape.input(bias), o);
  check_value("transposed " + to_string(image) + " by " + to_string(kernel), y, result, expected,
              epsilon * static_cast<double>(kernel[0] * kernel[1] * kernel[3] + 16));
}

void check_grad_kernel(const Shape& image, const Shape& kernel, Conv2DOptions o) {
  const Along rows = along_rows(image, kernel, o), columns = along_columns(image, kernel, o);
  const Shape result{image[0], rows.count, columns.count, kernel[3]};
  const Array x = random(image, -1, 1, 1), g = random(result, -1, 1, 2);
  std::vector<double> expected(kernel[0] * kernel[1] * kernel[2] * kernel[3]);
  for (std::size_t n = 0; n < image[0]; ++n)
    for (std::size_t i = 0; i < rows.count; ++i)
      for (std::size_t j = 0; j < columns.count; ++j)
        for_each_tap(image, {kernel[0], kernel[1]}, o.stride, o.dilation, rows, columns, i, j,
                     [&](std::size_t row, std::size_t column, std::size_t a, std::size_t b) {
                       for (std::size_t c = 0; c < kernel[2]; ++c)
                         for (std::size_t out = 0; out < kernel[3]; ++out) {
                           const std::size_t first = out / (kernel[3] / o.groups) * kernel[2];
                           expected[((a * kernel[1] + b) * kernel[2] + c) * kernel[3] + out] +=
                               at(x, {n, row, column, first + c}) * at(g, {n, i, j, out});
                         }
                     });
  Tape tape;
  check_value(
      "gradient of a kernel " + to_string(kernel),
      conv2d_grad_kernel(tape.input(x), tape.input(g),
                         {{kernel[0], kernel[1]}, o.stride, o.padding, o.dilation, o.groups}),
      kernel, expected, epsilon * static_cast<double>(image[0] * rows.count * columns.count + 16));
}

struct PoolCase {
  Shape image;
  Pool2DOptions options;
};

// For both kinds of pooling. `fold(sum or maximum so far, element)` and `finish(it, count)`.
template <class Fold, class Finish>
void check_pool(const char* name, Variable (*op)(const Variable&, const Pool2DOptions&, Location),
                const PoolCase& c, double start, Fold fold, Finish finish) {
  Array x = random(c.image, -3, -1);  // a padding of zeros would be the largest
  if (x.size() > 4) x.data()[4] = not_a_number;
  const Pool2DOptions& o = c.options;
  const Size2D stride{o.stride.height == 0 ? o.window.height : o.stride.height,
                      o.stride.width == 0 ? o.window.width : o.stride.width};
  const Padding& p = o.padding;
  const Along rows = along(c.image[1], o.window.height, stride.height, p.kind, p.top, p.bottom);
  const Along columns = along(c.image[2], o.window.width, stride.width, p.kind, p.left, p.right);
  const Shape result{c.image[0], rows.count, columns.count, c.image[3]};
  const auto expected = tabulate(result, [&](const Shape& i) {
    double value = start, count = 0;
    for_each_tap(c.image, o.window, stride, 1, rows, columns, i[1], i[2],
                 [&](std::size_t row, std::size_t column, std::size_t, std::size_t) {
                   value = fold(value, at(x, {i[0], row, column, i[3]}));
                   ++count;
                 });
    return finish(value, count);
  });
  Tape tape;
  check_value(name + to_string(c.image), op(tape.input(x), o, Location::current()), result,
              expected, 16 * epsilon);
}

}  // namespace

BOOST_AUTO_TEST_CASE(convolutions) {
  check_conv({2, 5, 6, 3}, {3, 3, 3, 4}, {});
  check_conv({2, 5, 6, 3}, {3, 3, 3, 4}, {}, false);
  check_conv({1, 1, 1, 1}, {1, 1, 1, 1}, {});
  check_conv({3, 4, 4, 5}, {4, 4, 5, 2}, {});  // the kernel covers the image
  check_conv({2, 7, 8, 2}, {3, 2, 2, 3}, {.stride = {2, 3}});
  check_conv({1, 5, 5, 1}, {1, 1, 1, 7}, {.stride = 7});  // longer than the image
  check_conv({2, 5, 6, 2}, {3, 4, 2, 3}, {.padding = Padding::same});
  check_conv({2, 7, 6, 2}, {3, 3, 2, 3}, {.stride = 2, .padding = Padding::same});
  check_conv({1, 7, 7, 1}, {2, 2, 1, 2}, {.stride = 3, .padding = Padding::same});  // gaps
  check_conv({1, 2, 2, 1}, {5, 5, 1, 2}, {.padding = Padding::same});  // mostly padding
  check_conv({1, 4, 5, 1}, {3, 3, 1, 2}, {.padding = {1, 0, 2, 1}});
  check_conv({1, 2, 2, 1}, {2, 2, 1, 1}, {.padding = 3});  // windows of padding only
  check_conv({1, 9, 9, 2}, {3, 2, 2, 2}, {.dilation = {2, 3}});
  check_conv({2, 9, 8, 2}, {2, 3, 2, 5}, {.stride = {3, 2}, .padding = 2, .dilation = {3, 2}});
  check_conv({1, 6, 6, 2}, {3, 3, 2, 2}, {.padding = Padding::same, .dilation = 2});
}

BOOST_AUTO_TEST_CASE(convolutions_of_many_channels) {
  for (std::size_t out : {1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 65})
    check_conv({2, 6, 11, 3}, {3, 3, 3, out}, {.activation = Activation::relu});
  for (std::size_t in : {1, 2, 5, 16, 33, 64})
    check_conv({1, 7, 9, in}, {3, 3, in, 6}, {.padding = Padding::same});
  check_conv({4, 14, 14, 6}, {5, 5, 6, 16}, {.activation = Activation::relu});  // of LeNet-5
  check_conv({3, 28, 28, 1}, {3, 3, 1, 32}, {.activation = Activation::relu});  // of the CNN
}

BOOST_AUTO_TEST_CASE(convolutions_in_groups) {
  check_conv({2, 5, 6, 6}, {3, 3, 3, 4}, {.groups = 2});
  check_conv(
      {2, 5, 6, 6}, {3, 2, 2, 9},
      {.stride = {2, 1}, .padding = {1, 0, 2, 1}, .groups = 3, .activation = Activation::relu},
      false);
  check_conv({1, 6, 7, 3}, {3, 3, 1, 6}, {.padding = Padding::same, .dilation = 2, .groups = 3});
  check_conv({1, 6, 6, 32}, {1, 1, 16, 34}, {.groups = 2, .activation = Activation::tanh});
}

BOOST_AUTO_TEST_CASE(depthwise_convolutions) {
  for (std::size_t channels : {2, 3, 4, 7, 8, 9, 15, 16, 17, 32, 65})
    check_conv({2, 6, 11, channels}, {3, 3, 1, channels},
               {.padding = Padding::same, .groups = channels, .activation = Activation::relu});
  const auto check = [](const Shape& image, Size2D window, Conv2DOptions o, bool bias = true) {
    o.groups = image[3];
    check_conv(image, {window.height, window.width, 1, image[3]}, o, bias);
  };
  check({1, 1, 1, 2}, 1, {});
  check({2, 9, 14, 5}, {2, 4}, {.stride = {3, 2}, .activation = Activation::sigmoid}, false);
  check({1, 8, 9, 3}, {3, 2}, {.stride = 2, .padding = {2, 0, 1, 3}, .dilation = {2, 3}});
  check({1, 2, 2, 3}, 2, {.padding = 3});  // windows of padding only
  check({1, 3, 3, 2}, 5, {.padding = Padding::same, .dilation = 2});
  check({1, 7, 7, 2}, 2, {.stride = 3, .padding = Padding::same});  // gaps
}

BOOST_AUTO_TEST_CASE(convolutions_with_activations) {
  for (Activation activation :
       {Activation::relu, Activation::tanh, Activation::sigmoid, Activation::gelu}) {
    check_conv({2, 5, 6, 3}, {3, 3, 3, 4}, {.activation = activation});
    check_conv({2, 5, 6, 3}, {3, 3, 3, 4}, {.stride = 2, .activation = activation}, false);
  }
}

BOOST_AUTO_TEST_CASE(transposed_convolutions) {
  const auto check = check_conv_transpose;
  check({2, 4, 5, 3}, {3, 2, 4, 3}, {}, {6, 6});
  check({1, 1, 1, 1}, {1, 1, 1, 1}, {}, {1, 1});
  check({2, 4, 5, 2}, {3, 2, 3, 2}, {.stride = {2, 3}}, {9, 14});
  check({1, 3, 3, 2}, {2, 2, 2, 2}, {.stride = 3}, {8, 8});  // gaps
  check({2, 4, 5, 3}, {4, 4, 2, 3}, {.stride = 2, .padding = 1}, {8, 10});
  check({1, 6, 6, 2}, {3, 3, 3, 2}, {.stride = 2, .padding = 1, .output_padding = 1}, {12, 12});
  check({1, 3, 4, 1}, {3, 3, 2, 1}, {.padding = {1, 0, 2, 1}}, {4, 3});
  check({1, 4, 3, 2}, {3, 2, 2, 2}, {.stride = {3, 1}, .dilation = {2, 3}}, {14, 6});
  check({2, 4, 5, 2}, {3, 4, 3, 2}, {.padding = Padding::same}, {4, 5});
  check({2, 4, 5, 2}, {5, 2, 3, 2}, {.stride = {2, 3}, .padding = Padding::same}, {8, 15});
  check({1, 4, 5, 2}, {3, 3, 17, 2}, {.activation = Activation::tanh}, {6, 7});
  check({2, 4, 5, 4}, {3, 2, 3, 4}, {.stride = {2, 3}, .groups = 2}, {9, 14});
  check({2, 4, 5, 3}, {3, 3, 2, 3}, {.stride = 2, .padding = Padding::same, .groups = 3}, {8, 10});
  check({1, 6, 5, 19}, {3, 4, 1, 19}, {.stride = 2, .padding = 1, .groups = 19}, {11, 10});
  for (std::size_t out : {1, 4, 8, 15, 16, 17, 33, 64})
    check({1, 7, 9, 5}, {3, 3, out, 5}, {.padding = {1, 0, 2, 1}}, {8, 8});
}

BOOST_AUTO_TEST_CASE(gradients_of_a_kernel) {
  check_grad_kernel({2, 5, 6, 3}, {3, 3, 3, 4}, {});
  check_grad_kernel({2, 7, 8, 2}, {3, 2, 2, 3}, {.stride = {2, 3}});
  check_grad_kernel({1, 7, 6, 2}, {3, 3, 2, 17}, {.stride = 2, .padding = Padding::same});
  check_grad_kernel({3, 9, 8, 2}, {2, 3, 2, 5},
                    {.stride = {3, 2}, .padding = 2, .dilation = {3, 2}});
  check_grad_kernel({3, 6, 7, 6}, {3, 2, 3, 4}, {.padding = 1, .groups = 2});
  check_grad_kernel({4, 9, 14, 17}, {3, 3, 1, 17}, {.padding = Padding::same, .groups = 17});
  check_grad_kernel({3, 9, 8, 3}, {2, 3, 1, 3},
                    {.stride = {3, 2}, .padding = 2, .dilation = {3, 2}, .groups = 3});
}

// Numbers of torch.nn.functional.conv2d (PyTorch 1.13), its axes moved to the end.
BOOST_AUTO_TEST_CASE(convolution_as_in_pytorch) {
  Array x = counting({2, 5, 6, 2}), k = counting({3, 2, 2, 3});
  for (Scalar& v : x) v = std::fmod(v, Scalar{7});
  for (Scalar& v : k) v = std::fmod(v, Scalar{5}) - 2;
  Tape tape;
  const Variable y = conv2d(tape.input(x), tape.input(k), tape.input(array({3}, {0.5, -1, 2})),
                            {.stride = {1, 2}, .padding = {2, 2, 1, 1}, .dilation = {2, 3}});
  const std::vector<double> expected{
      0.5,   9,  -3,  0.5,  2,  3,  4.5,  4,   18, -4.5,  10,  -11, 9.5,   12, -11,
      -9.5,  -1, 12,  3.5,  -6, -6, -7.5, 8,   3,  -7.5,  -12, 13,  3.5,   3,  -3,
      -13.5, 4,  11,  -4.5, 4,  -8, 1.5,  3,   -1, -2.5,  -5,  -8,  -12.5, 2,  6,
      -3.5,  7,  -8,  3.5,  17, 10, 4.5,  -14, 2,  5.5,   15,  -16, -22.5, -1, 10,
      4.5,   -5, 10,  3.5,  5,  -4, -4.5, -16, 2,  2.5,   9,   10,  -6.5,  3,  7,
      6.5,   8,  -21, -9.5, 1,  6,  5.5,  -11, 2,  -10.5, 6,   2,   -17.5, -8, 6};
  check_value("conv2d", y, {2, 5, 3, 3}, expected);
}

// The result and all gradients of a pooled convolution, and those of the two ops that it joins.
BOOST_AUTO_TEST_CASE(a_pooled_convolution_is_two_ops_in_one) {
  for (const Activation activation : {Activation::none, Activation::relu, Activation::sigmoid})
    for (const Size2D window : {Size2D{2}, Size2D{3, 2}}) {
      const auto run = [&](bool fused, Array& y) {
        Tape tape;
        const Variable x = tape.variable(random({3, 9, 8, 2}, -1, 1, 1));
        const Variable k = tape.variable(random({3, 3, 2, 17}, -1, 1, 2));
        const Variable b = tape.variable(random({17}, -1, 1, 3));
        const Conv2DOptions options{.padding = Padding::same, .activation = activation};
        Conv2DOptions pooled = options;
        pooled.max_pool = window;
        const Variable out = fused ? conv2d(x, k, b, pooled)
                                   : max_pool2d(conv2d(x, k, b, options), {.window = window});
        y = out.value();
        tape.backward(sum(out * tape.input(random(out.shape(), -1, 1, 4))));
        return std::array{x.grad(), k.grad(), b.grad()};
      };
      Array one, two;
      const auto of_one = run(true, one), of_two = run(false, two);
      BOOST_TEST(difference(one, two.shape(), elements(two), 4 * epsilon) == "");
      for (std::size_t i = 0; i < of_one.size(); ++i)
        BOOST_TEST(difference(of_one[i], of_two[i].shape(), elements(of_two[i]), 1e3 * epsilon) ==
                   "");
    }
}

BOOST_AUTO_TEST_CASE(pools) {
  const PoolCase cases[] = {
      {{2, 4, 6, 3}, {}},
      {{1, 5, 7, 2}, {.window = {2, 3}}},
      {{2, 5, 6, 17}, {.window = 3, .stride = 1}},
      {{1, 6, 6, 33}, {.window = 2, .stride = 3}},
      {{2, 5, 5, 2}, {.window = 3, .stride = 2, .padding = 1}},
      {{1, 5, 6, 9}, {.window = 3, .stride = 2, .padding = Padding::same}},
      {{1, 5, 5, 1}, {.window = 2, .padding = Padding::same}},
      {{1, 2, 2, 2}, {.window = 5, .stride = 1, .padding = Padding::same}},
      {{1, 4, 5, 2}, {.window = {3, 4}, .stride = {1, 2}, .padding = {2, 0, 1, 3}}},
      {{3, 1, 1, 5}, {.window = 1}},
      {{1, 16, 16, 1}, {.window = 16}},
      {{64, 26, 26, 32}, {}},
  };
  for (const PoolCase& c : cases) {
    check_pool(
        "max_pool2d", max_pool2d, c, -infinity,
        [](double m, double v) { return std::isnan(v) || v > m ? v : m; },
        [](double m, double) { return m; });
    check_pool(
        "avg_pool2d", avg_pool2d, c, 0, [](double s, double v) { return s + v; },
        [](double s, double count) { return s / count; });
  }
}

// Numbers of PyTorch 1.13, for the mean with count_include_pad=False.
BOOST_AUTO_TEST_CASE(pools_as_in_pytorch) {
  Array x = counting({1, 5, 5, 1}), below = x;
  for (Scalar& v : x) v = std::fmod(7 * v, Scalar{11});
  for (std::size_t i = 0; i < 25; ++i) below.data()[i] = -x.data()[i] - 1;
  const Pool2DOptions options{.window = 3, .stride = 2, .padding = 1};
  Tape tape;
  check_value("avg", avg_pool2d(tape.input(x), options), {1, 3, 3, 1},
              std::vector<double>{4.5, 35 / 6.0, 6.25, 23 / 6.0, 41 / 9.0, 14 / 3.0, 5, 4.5, 4});
  check_value("max", max_pool2d(tape.input(below), options), {1, 3, 3, 1},
              std::vector<double>{-1, -2, -2, -1, -1, -2, -3, -1, -2});
}

BOOST_AUTO_TEST_CASE(infinities_in_a_window) {
  Tape tape;
  const Variable x = tape.input(array({1, 2, 4, 1}, {-INFINITY, -INFINITY, 1, INFINITY,  //
                                                     -INFINITY, -INFINITY, 2, 3}));
  check_value("max", max_pool2d(x), {1, 1, 2, 1}, std::vector<double>{-INFINITY, INFINITY});
  check_value("avg", avg_pool2d(x), {1, 1, 2, 1}, std::vector<double>{-INFINITY, INFINITY});
}

BOOST_AUTO_TEST_SUITE_END()
