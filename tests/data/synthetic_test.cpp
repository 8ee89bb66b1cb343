// SPDX-License-Identifier: MIT
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <tbb/global_control.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ranges>

using namespace test;

BOOST_AUTO_TEST_SUITE(synthetic)

namespace {

constexpr std::size_t side = 28, area = side * side;

bool equal(const data::ImageDataset& a, const data::ImageDataset& b, std::size_t count) {
  return std::equal(a.labels().begin(), a.labels().begin() + static_cast<std::ptrdiff_t>(count),
                    b.labels().begin()) &&
         std::ranges::all_of(std::views::iota(std::size_t{0}, count), [&](std::size_t i) {
           return std::ranges::equal(a.pixels(i), b.pixels(i));
         });
}

}  // namespace

BOOST_AUTO_TEST_CASE(says_what_it_is) {
  const data::ImageDataset digits = data::synthetic_digits({.count = 20});
  BOOST_TEST(digits.size() == 20u);
  BOOST_TEST(digits.classes() == 10u);
  BOOST_TEST((digits.sample_shape() == Shape{side, side, 1}));
  BOOST_TEST(digits.synthetic());
  BOOST_TEST(digits.source() == "built-in substitute");
  BOOST_TEST(data::synthetic_digits({.count = 0}).size() == 0u);
}

// The number was computed once. It changes only with the look of the digits, never with the
// machine, the compiler, its options, or Scalar.
BOOST_AUTO_TEST_CASE(is_the_same_everywhere) {
  const data::ImageDataset digits = data::synthetic_digits({.count = 2000, .seed = 42});
  uLong crc = crc32(0, nullptr, 0);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    crc = crc32(crc, digits.pixels(i).data(), area);
    const auto label = static_cast<Bytef>(digits.labels()[i]);
    crc = crc32(crc, &label, 1);
  }
  BOOST_TEST(crc == 3213039181u);
}

BOOST_AUTO_TEST_CASE(image_i_depends_on_the_seed_and_i_alone) {
  const data::ImageDataset many = data::synthetic_digits({.count = 1000, .seed = 7});
  BOOST_TEST(equal(many, data::synthetic_digits({.count = 333, .seed = 7}), 333));
  BOOST_TEST(!equal(many, data::synthetic_digits({.count = 10, .seed = 8}), 10));
  const tbb::global_control one_thread{tbb::global_control::max_allowed_parallelism, 1};
  BOOST_TEST(equal(many, data::synthetic_digits({.count = 1000, .seed = 7}), 1000));
}

BOOST_AUTO_TEST_CASE(classes_are_balanced_and_mixed) {
  const data::ImageDataset digits = data::synthetic_digits({.count = 1005, .seed = 3});
  std::array<int, 10> counts{};
  for (const std::int32_t label : digits.labels()) ++counts[static_cast<std::size_t>(label)];
  for (const int count : counts) BOOST_TEST((count == 100 || count == 101));
  // Each position within ten sees each digit about 10 times in 100.
  for (std::size_t position = 0; position < 10; ++position) {
    std::array<int, 10> seen{};
    for (std::size_t i = position; i < 1000; i += 10)
      ++seen[static_cast<std::size_t>(digits.labels()[i])];
    BOOST_TEST(*std::ranges::max_element(seen) < 25);
    BOOST_TEST(*std::ranges::min_element(seen) > 0);
  }
}

BOOST_AUTO_TEST_CASE(digits_sit_as_in_mnist) {
  const data::ImageDataset digits = data::synthetic_digits({.count = 1000, .seed = 4});
  double total = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto pixels = digits.pixels(i);
    double mass = 0, x = 0, y = 0;
    std::size_t left = side, right = 0, top = side, bottom = 0;
    int brightest = 0;
    for (std::size_t row = 0; row < side; ++row)
      for (std::size_t column = 0; column < side; ++column) {
        const int pixel = pixels[row * side + column];
        mass += pixel;
        x += pixel * (static_cast<double>(column) + 0.5);
        y += pixel * (static_cast<double>(row) + 0.5);
        brightest = std::max(brightest, pixel);
        if (pixel == 0) continue;
        left = std::min(left, column);
        right = std::max(right, column);
        top = std::min(top, row);
        bottom = std::max(bottom, row);
      }
    BOOST_TEST(std::abs(x / mass - 14) < 3.5);
    BOOST_TEST(std::abs(y / mass - 14) < 3.5);
    const std::size_t extent = std::max(right - left, bottom - top) + 1;
    BOOST_TEST(extent >= 16u);
    BOOST_TEST(extent <= 24u);
    BOOST_TEST(brightest > 120);
    total += mass;
  }
  const double mean = total / 255 / area / static_cast<double>(digits.size());
  BOOST_TEST(std::abs(mean - 0.1307) < 0.02);  // MNIST's
}

// The classes can be told apart, if not too easily: the nearest class mean is right for 82 % of
// MNIST.
BOOST_AUTO_TEST_CASE(nearest_mean_finds_most_digits) {
  const data::ImageDataset train = data::synthetic_digits({.count = 3000, .seed = 5});
  const data::ImageDataset test = data::synthetic_digits({.count = 1000, .seed = 6});
  std::array<std::array<double, area>, 10> means{};
  for (std::size_t i = 0; i < train.size(); ++i)
    for (std::size_t p = 0; p < area; ++p)
      means[static_cast<std::size_t>(train.labels()[i])][p] += train.pixels(i)[p] / 300.0;
  std::size_t right = 0;
  for (std::size_t i = 0; i < test.size(); ++i) {
    std::array<double, 10> distances{};
    for (std::size_t k = 0; k < 10; ++k)
      for (std::size_t p = 0; p < area; ++p)
        distances[k] += std::pow(test.pixels(i)[p] - means[k][p], 2);
    const auto nearest = std::ranges::min_element(distances) - distances.begin();
    right += nearest == test.labels()[i];
  }
  BOOST_TEST(right > 700u);
  BOOST_TEST(right < 950u);
}

BOOST_AUTO_TEST_CASE(pictures_are_of_all_classes_in_colour) {
  const data::ImageDataset pictures = data::synthetic_pictures({.count = 200, .classes = 100});
  BOOST_TEST((pictures.sample_shape() == Shape{32, 32, 3}));
  BOOST_TEST(pictures.classes() == 100u);
  BOOST_TEST(pictures.synthetic());
  std::array<int, 100> counts{};
  for (const std::int32_t label : pictures.labels()) ++counts[static_cast<std::size_t>(label)];
  BOOST_TEST((std::ranges::count(counts, 2) == 100));
  int coloured = 0;
  const auto pixels = pictures.pixels(0);
  for (std::size_t i = 0; i < pixels.size(); i += 3) coloured += pixels[i] != pixels[i + 1];
  BOOST_TEST(coloured > 500);
  BOOST_TEST(error_of<ValueError>([] { data::synthetic_pictures({.classes = 101}); }) ==
             "[synthetic_pictures] classes must be from 1 to 100, got 101");
}

BOOST_AUTO_TEST_CASE(picture_i_depends_on_the_seed_and_i_alone) {
  const data::ImageDataset many = data::synthetic_pictures({.count = 600, .seed = 7});
  BOOST_TEST(equal(many, data::synthetic_pictures({.count = 333, .seed = 7}), 333));
  BOOST_TEST(!equal(many, data::synthetic_pictures({.count = 10, .seed = 8}), 10));
  const tbb::global_control one_thread{tbb::global_control::max_allowed_parallelism, 1};
  BOOST_TEST(equal(many, data::synthetic_pictures({.count = 600, .seed = 7}), 600));
}

BOOST_AUTO_TEST_SUITE_END()
