// SPDX-License-Identifier: MIT
// Convolution and pooling of sequences, and convolutions whose channels are in groups, as others have them.
#include "reference.hpp"

#include <xtape/ops.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(sequences)

namespace {

// The padding before a sequence, as Keras defines it, for a window that reaches over so many elements.
std::size_t padding_before(const Padding1D& p, std::size_t length, std::size_t reach,
                           std::size_t stride) {
  if (p.kind == Padding1D::Kind::causal) return reach - 1;
  if (p.kind != Padding1D::Kind::same) return p.before;
  const std::size_t needed = ((length + stride - 1) / stride - 1) * stride + reach;
  return needed > length ? (needed - length) / 2 : 0;
}

void check_conv1d(const Shape& sequence, const Shape& kernel, const Conv1DOptions& o,
                  std::size_t length) {
  const Array x = random(sequence, -1, 1, 1), k = random(kernel, -1, 1, 2),
              bias = random({kernel[2]}, -1, 1, 3);
  const std::size_t before =
      padding_before(o.padding, sequence[1], (kernel[0] - 1) * o.dilation + 1, o.stride);
  const Shape result{sequence[0], length, kernel[2]};
  const auto expected = tabulate(result, [&](const Shape& i) {
    double sum = at(bias, {i[2]});
    const std::size_t first = i[2] / (kernel[2] / o.groups) * kernel[1];
    for (std::size_t a = 0; a < kernel[0]; ++a) {
      const std::size_t t = i[1] * o.stride + a * o.dilation;
      if (t < before || t - before >= sequence[1]) continue;
      for (std::size_t c = 0; c < kernel[1]; ++c)
        sum += at(x, {i[0], t - before, first + c}) * at(k, {a, c, i[2]});
    }
    return o.activation == Activation::tanh ? std::tanh(sum) : sum;
  });
  Tape tape;
  check_value("conv1d " + to_string(sequence) + " by " + to_string(kernel),
              conv1d(tape.input(x), tape.input(k), tape.input(bias), o), result, expected,
              epsilon * static_cast<double>(kernel[0] * kernel[1] + 16));
}

// Small whole numbers.
Array modulo(const Shape& shape, double divisor, double less) {
  Array a = counting(shape);
  for (Scalar& v : a) v = static_cast<Scalar>(std::fmod(static_cast<double>(v), divisor) - less);
  return a;
}

}  // namespace

BOOST_AUTO_TEST_CASE(convolutions) {
  check_conv1d({2, 9, 3}, {3, 3, 4}, {}, 7);
  check_conv1d({1, 1, 1}, {1, 1, 1}, {}, 1);
  check_conv1d({2, 9, 3}, {4, 3, 17}, {.stride = 2, .activation = Activation::tanh}, 3);
  check_conv1d({2, 9, 9}, {4, 9, 2}, {.padding = Padding1D::same}, 9);
  check_conv1d({2, 8, 3}, {3, 3, 2}, {.stride = 3, .padding = Padding1D::same}, 3);
  check_conv1d({2, 8, 3}, {3, 3, 2}, {.padding = Padding1D::causal, .dilation = 4}, 8);
  check_conv1d({2, 8, 3}, {3, 3, 2}, {.padding = {3, 0}, .dilation = 2}, 7);
  check_conv1d({2, 8, 4}, {3, 2, 6}, {.padding = 1, .groups = 2}, 8);
  check_conv1d({2, 8, 17}, {3, 1, 17}, {.padding = Padding1D::causal, .groups = 17}, 8);
}

BOOST_AUTO_TEST_CASE(what_comes_later_does_not_matter_to_causal_convolutions) {
  const Array k = random({3, 2, 4}, -1, 1, 2);
  Array x = random({1, 7, 2}), y[2];
  for (Array& result : y) {
    Tape tape;
    result = conv1d(tape.input(x), tape.input(k), {.padding = Padding1D::causal}).value();
    for (std::size_t t = 4; t < 7; ++t) x(0, t, 0) += 1;
  }
  for (std::size_t i = 0; i < y[0].size(); ++i)
    BOOST_TEST((y[0].data()[i] == y[1].data()[i]) == (i / 4 < 4), "element " << i);
}

BOOST_AUTO_TEST_CASE(pooled_convolutions_are_two_ops_in_one) {
  Tape tape;
  const Variable x = tape.input(random({2, 11, 3})), k = tape.input(random({3, 3, 5}, -1, 1, 2));
  const Array two = max_pool1d(relu(conv1d(x, k)), {.window = 3}).value();
  BOOST_TEST(same_bits(conv1d(x, k, {.activation = Activation::relu, .max_pool = 3}).value(), two));
}

// Numbers of PyTorch 1.13, its axes moved to the end.
BOOST_AUTO_TEST_CASE(convolution_as_in_pytorch) {
  Tape tape;
  const Variable x = tape.input(modulo({2, 5, 4}, 7, 0)), k = tape.input(modulo({3, 2, 2}, 5, 2)),
                 bias = tape.input(array({2}, {0.5, -1}));
  const std::vector<double> expected{-3.5, -3, -3.5, -3, -0.5, -8, 10.5, -2, -15.5, -2, 0.5, -6};
  check_value("conv1d", conv1d(x, k, bias, {.stride = 2, .padding = 2, .dilation = 2, .groups = 2}),
              {2, 3, 2}, expected);
}

BOOST_AUTO_TEST_CASE(groups_as_in_pytorch) {
  Tape tape;
  const std::vector<double> twice{4,  4, -6,  -4, 4,  8,  3, 4,  -6, -3, -3,  -3,
                                  -3, 0, -12, -5, -2, -1, 6, -3, 4,  8,  -11, -1};
  check_value("depthwise",
              conv2d(tape.input(modulo({1, 3, 4, 2}, 5, 1)), tape.input(modulo({2, 2, 1, 4}, 7, 3)),
                     {.stride = {2, 1}, .padding = {1, 0}, .groups = 2}),
              {1, 2, 3, 4}, twice);
  const std::vector<double> transposed{-9, 2,   -8, -7,  2,  -3, -9, 5,  5,  -1, -1, -1, 1,  -9, 2,
                                       5,  -7,  2,  -2,  -9, 5,  -1, -1, -1, 6,  1,  -4, -9, -2, -2,
                                       6,  -1,  -1, -13, 5,  -5, -3, 6,  1,  12, -9, -2, -1, 6,  -1,
                                       11, -13, 5,  0,   0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0};
  check_value("transposed",
              conv_transpose2d(
                  tape.input(modulo({1, 2, 3, 4}, 5, 1)), tape.input(modulo({2, 2, 3, 4}, 7, 3)),
                  {.stride = {2, 1}, .padding = {0, 1}, .groups = 2, .output_padding = {1, 0}}),
              {1, 5, 2, 6}, transposed);
}

BOOST_AUTO_TEST_CASE(pools) {
  const Array x = random({2, 9, 3});
  Tape tape;
  const auto check = [&](const Pool1DOptions& o, std::size_t length, std::size_t before) {
    const std::size_t stride = o.stride == 0 ? o.window : o.stride;
    for (const bool largest : {true, false}) {
      const auto expected = tabulate({2, length, 3}, [&](const Shape& i) {
        double value = largest ? -10 : 0, count = 0;
        for (std::size_t t = i[1] * stride; t < i[1] * stride + o.window; ++t) {
          if (t < before || t - before >= 9) continue;
          const double element = at(x, {i[0], t - before, i[2]});
          value = largest ? std::max(value, element) : value + element;
          ++count;
        }
        return largest ? value : value / count;
      });
      check_value(largest ? "max" : "avg",
                  largest ? max_pool1d(tape.input(x), o) : avg_pool1d(tape.input(x), o),
                  {2, length, 3}, expected);
    }
  };
  check({}, 4, 0);
  check({.window = 3, .stride = 1}, 7, 0);
  check({.window = 3, .stride = 2, .padding = {2, 0}}, 5, 2);
  check({.window = 4, .stride = 3, .padding = Padding1D::same}, 3, 0);
  check({.window = 3, .stride = 1, .padding = Padding1D::causal}, 9, 2);
  check({.window = 9}, 1, 0);
}

// Numbers of PyTorch 1.13.
BOOST_AUTO_TEST_CASE(pools_as_in_pytorch) {
  Array x = counting({1, 7, 2});
  for (Scalar& v : x) v = -std::fmod(7 * v, Scalar{11}) - 1;
  Tape tape;
  check_value("max", max_pool1d(tape.input(x), {.window = 3, .stride = 2, .padding = 1}), {1, 4, 2},
              std::vector<double>{-1, -8, -4, -3, -2, -1, -5, -1});
}

BOOST_AUTO_TEST_SUITE_END()
