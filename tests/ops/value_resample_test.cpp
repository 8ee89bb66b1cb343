// SPDX-License-Identifier: MIT
// Resampled images: numbers of PyTorch 1.13 in double, its axes moved to the end, and plain loops.
#include "reference.hpp"

#include <xtape/ops.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(resampling)

namespace {

// (1, 3, 4, 2) with 0, 7, 3, 10, 6, ...
Array images() {
  Array x = counting({1, 3, 4, 2});
  for (Scalar& v : x) v = std::fmod(7 * v, Scalar{11});
  return x;
}

void check_upsampled(const Array& x, const Upsample2DOptions& o, const Shape& shape,
                     const std::vector<double>& expected) {
  Tape tape;
  check_value("upsample2d", upsample2d(tape.input(x), o), shape, expected, 16 * epsilon);
}

// Row i of the result is the mean of rows [begin, end), and columns likewise.
void check_adaptive(const Shape& image, Size2D size) {
  const Array x = random(image);
  const auto begin = [](std::size_t i, std::size_t from, std::size_t to) { return i * from / to; };
  const auto end = [](std::size_t i, std::size_t from, std::size_t to) {
    return static_cast<std::size_t>(
        std::ceil(static_cast<double>((i + 1) * from) / static_cast<double>(to)));
  };
  const Shape result{image[0], size.height, size.width, image[3]};
  const auto expected = tabulate(result, [&](const Shape& i) {
    double sum = 0, count = 0;
    for (std::size_t r = begin(i[1], image[1], size.height); r < end(i[1], image[1], size.height);
         ++r)
      for (std::size_t c = begin(i[2], image[2], size.width); c < end(i[2], image[2], size.width);
           ++c, ++count)
        sum += at(x, {i[0], r, c, i[3]});
    return sum / count;
  });
  Tape tape;
  check_value("adaptive_avg_pool2d " + to_string(image),
              adaptive_avg_pool2d(tape.input(x), {.size = size}), result, expected, 16 * epsilon);
}

}  // namespace

BOOST_AUTO_TEST_CASE(nearest_pixels_as_in_pytorch) {
  const std::vector<double> expected{0, 7, 3, 10, 6, 2, 0, 7, 3, 10, 6, 2, 1, 8, 4,
                                     0, 7, 3, 1,  8, 4, 0, 7, 3, 2,  9, 5, 1, 8, 4};
  check_upsampled(images(), {.size = {5, 3}}, {1, 5, 3, 2}, expected);
}

BOOST_AUTO_TEST_CASE(nearest_pixels_are_repeated) {
  for (std::size_t channels : {1, 3, 8, 17}) {
    const Array x = random({2, 3, 4, channels});
    check_upsampled(x, {.factor = {2, 3}}, {2, 6, 12, channels},
                    tabulate({2, 6, 12, channels}, [&](const Shape& i) {
                      return at(x, {i[0], i[1] / 2, i[2] / 3, i[3]});
                    }));
  }
}

BOOST_AUTO_TEST_CASE(bilinear_pixels_as_in_pytorch) {
  const std::vector<double> sized{0.5, 7.5,      4.5, 6,          8.5,     4.5,      0.9, 43 / 6.0,
                                  4.9, 4.2,      8.9, 4.9,        1.5,     20 / 3.0, 5.5, 1.5,
                                  9.5, 5.5,      2.1, 109 / 15.0, 6.1,     2.1,      4.6, 6.1,
                                  2.5, 23 / 3.0, 6.5, 2.5,        4 / 3.0, 6.5};
  check_upsampled(images(), {.size = {5, 3}, .mode = Interpolation::bilinear}, {1, 5, 3, 2}, sized);
  check_upsampled(array({1, 2, 2, 1}, {0, 3, 1, 4}), {.mode = Interpolation::bilinear},
                  {1, 4, 4, 1},
                  {0, 0.75, 2.25, 3, 0.25, 1, 2.5, 3.25, 0.75, 1.5, 3, 3.75, 1, 1.75, 3.25, 4});
}

BOOST_AUTO_TEST_CASE(aligned_corners_as_in_pytorch) {
  Array x = zeros({1, 3, 4, 1});
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = images().data()[2 * i];
  const std::vector<double> expected{0,   1.8, 3.6, 5.4, 7.2, 9,   0.5, 2.3, 4.1, 5.9,
                                     7.7, 9.5, 1,   2.8, 4.6, 6.4, 8.2, 10,  1.5, 3.3,
                                     5.1, 6.9, 6.5, 5,   2,   3.8, 5.6, 7.4, 4.8, 0};
  Upsample2DOptions o{.size = {5, 6}, .mode = Interpolation::bilinear, .align_corners = true};
  check_upsampled(x, o, {1, 5, 6, 1}, expected);
  o.size = {1, 6};
  check_upsampled(x, o, {1, 1, 6, 1}, {0, 1.8, 3.6, 5.4, 7.2, 9});
}

BOOST_AUTO_TEST_CASE(adaptive_means_as_in_pytorch) {
  Tape tape;
  const Variable x = tape.input(images());
  check_value("smaller", adaptive_avg_pool2d(x, {.size = {2, 3}}), {1, 2, 3, 2},
              std::vector<double>{2, 6.25, 5, 3.75, 8, 4, 3, 4.5, 6, 2, 6.25, 5});
  check_value(
      "larger", adaptive_avg_pool2d(x, {.size = {4, 2}}), {1, 4, 2, 2},
      std::vector<double>{1.5, 8.5, 7.5, 3.5, 2, 6.25, 8, 4, 3, 4.5, 6.25, 5, 3.5, 5, 4, 5.5});
}

BOOST_AUTO_TEST_CASE(adaptive_means) {
  check_adaptive({2, 7, 9, 17}, {3, 4});
  check_adaptive({1, 1, 1, 1}, 3);
  check_adaptive({2, 31, 33, 5}, 1);  // more terms than are added in Scalar
  check_adaptive({1, 12, 8, 33}, {4, 2});
}

BOOST_AUTO_TEST_CASE(a_mean_of_all_is_the_mean) {
  Tape tape;
  const Variable x = tape.input(random({2, 64, 65, 3}, 1e3, 1e3 + 1));
  const Array expected = mean(x, {.axes = {1, 2}, .keep_dims = true}).value();
  check_value("all", adaptive_avg_pool2d(x), {2, 1, 1, 3}, elements(expected), 16 * epsilon);
}

BOOST_AUTO_TEST_SUITE_END()
