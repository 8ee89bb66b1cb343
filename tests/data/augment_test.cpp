// SPDX-License-Identifier: MIT
// Images changed while they are gathered, against plain loops.
#include "counting.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

using namespace test;

BOOST_AUTO_TEST_SUITE(augmentation)

namespace {

// Images (3, 4, 2) whose numbers are all different: image i has 1000 i + 100 row + 10 column + channel + 1.
struct Numbered : data::Dataset {
  static constexpr std::size_t height = 3, width = 4, channels = 2, numbers = 24;
  explicit Numbered(std::size_t size = 6) : size_{size} {}
  std::size_t size() const override { return size_; }
  data::Batch make_batch(std::size_t count) const override {
    return {.inputs = {uninitialized({count, height, width, channels})},
            .targets = {data::ids({count})}};
  }
  void gather(std::span<const std::uint32_t> indices, data::Batch& batch, Rng&) const override {
    auto pixel = batch.inputs[0].numbers().begin();
    auto label = batch.targets[0].ids().begin();
    for (const std::uint32_t i : indices) {
      for (std::size_t at = 0; at < numbers; ++at)
        *pixel++ = number(i, static_cast<long>(at / 8), static_cast<long>(at / 2 % 4), at % 2);
      *label++ = static_cast<std::int32_t>(i);
    }
  }
  static Scalar number(std::size_t image, long row, long column, std::size_t channel) {
    return static_cast<Scalar>(1000 * image + 100 * row + 10 * column + channel + 1);
  }
  std::size_t size_;
};

// The first image of a dataset, changed by a generator of that seed.
std::vector<Scalar> changed(const data::Augmentation& change, std::uint64_t seed = 0) {
  const Numbered images;
  const auto augmented = data::augment(images, {change});
  data::Batch batch = augmented.make_batch(1);
  Rng rng{seed};
  augmented.gather(std::vector<std::uint32_t>{0}, batch, rng);
  return {batch.input().array().begin(), batch.input().array().end()};
}

// The first image with each number taken from where `from` says, zero beyond the borders.
template <class From>
std::vector<Scalar> taken(From from) {
  std::vector<Scalar> image;
  for (long row = 0; row < 3; ++row)
    for (long column = 0; column < 4; ++column)
      for (const std::size_t channel : {0u, 1u}) {
        const auto [r, c] = from(row, column);
        image.push_back(r < 0 || r > 2 || c < 0 || c > 3 ? 0 : Numbered::number(0, r, c, channel));
      }
  return image;
}

using Place = std::pair<long, long>;
const auto same = [](long row, long column) { return Place{row, column}; };

// Of a row of `size`, mirrored at its ends by walking: what is that far along.
long walked(long at, long size) {
  long place = 0, step = 1;
  if (at < 0) at = -at;  // 0 is a mirror
  for (long i = 0; i < at; ++i) {
    if (place + step < 0 || place + step >= size) step = -step;
    place += step;
  }
  return place;
}

}  // namespace

BOOST_AUTO_TEST_CASE(flip_mirrors_half_of_the_images) {
  const auto mirrored = taken([](long row, long column) { return Place{row, 3 - column}; });
  int flipped = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto image = changed(data::flip(), seed);
    BOOST_REQUIRE((image == taken(same) || image == mirrored));
    flipped += image == mirrored;
  }
  BOOST_TEST(std::abs(flipped - 200) < 50);  // five deviations
  BOOST_TEST(
      (changed(data::flip({.horizontal = 0, .vertical = 1})) == taken([](long row, long column) {
         return Place{2 - row, column};
       })));
  BOOST_TEST(
      (changed(data::flip({.horizontal = 1, .vertical = 1})) == taken([](long row, long column) {
         return Place{2 - row, 3 - column};
       })));
}

BOOST_AUTO_TEST_CASE(crop_moves_equally_often_by_each_shift) {
  for (const data::Border border : {data::Border::zero, data::Border::reflect}) {
    std::map<Place, int> counts;
    for (std::uint64_t seed = 0; seed < 900; ++seed) {
      const auto image = changed(data::crop({.padding = 1, .border = border}), seed);
      for (long down = -1; down <= 1; ++down)
        for (long right = -1; right <= 1; ++right)
          counts[{down, right}] += image == taken([&](long row, long column) {
                                     row += down, column += right;
                                     if (border == data::Border::zero) return Place{row, column};
                                     return Place{walked(row, 3), walked(column, 4)};
                                   });
    }
    BOOST_TEST(counts.size() == 9u);
    for (const auto& [shift, count] : counts)
      BOOST_TEST(std::abs(count - 100) < 50, "of " << shift.first << ' ' << shift.second);
  }
  BOOST_TEST((changed(data::crop({.padding = 0})) == taken(same)));
}

BOOST_AUTO_TEST_CASE(borders_reflect_however_far) {
  const data::Augmentation far = data::crop({.padding = 40, .border = data::Border::reflect});
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto image = changed(far, seed);
    BOOST_TEST(std::ranges::all_of(image, [](Scalar x) { return x > 0; }));
  }
}

// Bilinear interpolation is exact for what is linear: where no border is near, a number is that of the place which
// was turned there. The angle is known from the generator.
BOOST_AUTO_TEST_CASE(rotate_turns_about_the_middle) {
  const auto image = changed(data::rotate({.degrees = 0}));
  BOOST_TEST((image == taken(same)));
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng{seed};
    const double angle = (2 * rng.uniform() - 1) * 30 * std::acos(-1.0) / 180;
    const auto turned = changed(data::rotate({.degrees = 30}), seed);
    for (const long column : {1L, 2L}) {
      const double x = static_cast<double>(column) - 1.5;  // the middle is at (1, 1.5)
      const double from_row = 1 - std::sin(-angle) * x, from_column = 1.5 + std::cos(angle) * x;
      const double expected = 100 * from_row + 10 * from_column + 1;
      BOOST_TEST(std::abs(turned[static_cast<std::size_t>(8 + 2 * column)] - expected) < 1e-3);
    }
  }
}

BOOST_AUTO_TEST_CASE(cutout_blanks_a_square_that_can_be_partly_outside) {
  std::set<std::size_t> sizes;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto image = changed(data::cutout({.size = 2, .value = -5}), seed);
    const auto whole = taken(same);
    long top = 9, bottom = -1, left = 9, right = -1;
    std::size_t blank = 0;
    for (std::size_t i = 0; i < image.size(); ++i) {
      if (image[i] == whole[i]) continue;
      BOOST_REQUIRE(image[i] == -5);
      ++blank;
      const long row = static_cast<long>(i / 8), column = static_cast<long>(i / 2 % 4);
      top = std::min(top, row), bottom = std::max(bottom, row);
      left = std::min(left, column), right = std::max(right, column);
    }
    BOOST_REQUIRE(blank > 0);
    BOOST_TEST(blank == static_cast<std::size_t>(2 * (bottom - top + 1) * (right - left + 1)));
    sizes.insert(blank / 2);
  }
  BOOST_TEST((sizes == std::set<std::size_t>{1, 2, 4}));  // in a corner, at an edge, inside
  BOOST_TEST(std::ranges::count(changed(data::cutout({.size = 99})), Scalar{0}) == 24);
}

BOOST_AUTO_TEST_CASE(normalize_gives_mean_0_and_deviation_1) {
  const Numbered images{300};  // more than a batch of it
  const data::ChannelStatistics numbers = data::channel_statistics(images);
  BOOST_REQUIRE(numbers.mean.size() == 2u);
  // The mean of 1000 i + 100 row + 10 column + channel + 1, and the sum of the variances of equal steps.
  const auto variance = [](double step, double count) {
    return step * step * (count * count - 1) / 12;
  };
  const double deviation = std::sqrt(variance(1000, 300) + variance(100, 3) + variance(10, 4));
  for (const std::size_t channel : {0u, 1u}) {
    const double mean = 1000 * 149.5 + 100 + 15 + static_cast<double>(channel) + 1;
    BOOST_TEST(std::abs(numbers.mean[channel] / mean - 1) < 1e-6);
    BOOST_TEST(std::abs(numbers.deviation[channel] / deviation - 1) < 1e-6);
  }
  const auto normal = data::augment(images, {data::normalize(numbers)});
  const data::ChannelStatistics after = data::channel_statistics(normal);
  for (const std::size_t channel : {0u, 1u}) {
    BOOST_TEST(std::abs(after.mean[channel]) < 1e-5);
    BOOST_TEST(std::abs(after.deviation[channel] - 1) < 1e-5);
  }
}

BOOST_AUTO_TEST_CASE(columns_of_a_table_have_statistics_too) {
  const Array x{{1, 10}, {3, 10}, {5, 40}};
  Array y = uninitialized({3, 1});
  y(0, 0) = 2, y(1, 0) = 4, y(2, 0) = 6;
  const data::ArrayDataset table{x, y};
  const data::ChannelStatistics of_x = data::channel_statistics(table),
                                of_y = data::channel_statistics(table, {.target = true});
  const auto near = [](double a, double b) { return std::abs(a - b) < 1e-6; };
  BOOST_REQUIRE((of_x.mean.size() == 2u && of_y.mean.size() == 1u));
  BOOST_TEST((near(of_x.mean[0], 3) && near(of_x.mean[1], 20) && near(of_y.mean[0], 4)));
  BOOST_TEST(near(of_x.deviation[0], std::sqrt(8 / 3.0)));
  BOOST_TEST(near(of_x.deviation[1], std::sqrt(200)));
  BOOST_TEST(near(of_y.deviation[0], std::sqrt(8 / 3.0)));
  // Little of it is left of numbers far from 0, and nothing where all are one.
  const Array far{{1e7, 0.1}, {1e7 + 2, 0.1}, {1e7 + 4, 0.1}};
  const data::ArrayDataset further{far, y};
  const data::ChannelStatistics of_far = data::channel_statistics(further);
  BOOST_TEST(near(of_far.deviation[0], std::sqrt(8 / 3.0)));
  BOOST_TEST(of_far.deviation[1] == 0);
  const data::ArrayDataset line{Array{1, 2, 3}, y};
  BOOST_TEST(without_place(error_of<ShapeError>([&] { data::channel_statistics(line); })) ==
             "[channel_statistics] expected (N, ..., channels), got (3,)");
}

BOOST_AUTO_TEST_CASE(each_image_and_epoch_differs_and_a_resumed_one_is_the_same) {
  const Numbered images{40};
  const auto augmented = data::augment(
      images, {data::flip(), data::crop(), data::rotate(), data::cutout({.size = 2})});
  const auto all = [&](data::Batches batches) {
    std::vector<std::vector<Scalar>> seen;
    for (const data::Batch& batch : batches)
      seen.emplace_back(batch.input().array().begin(), batch.input().array().end());
    return seen;
  };
  Rng rng{3}, again{3};
  const auto first = all(data::batches(augmented, 8, rng));
  const auto second = all(data::batches(augmented, 8, rng));
  BOOST_TEST((first != second));
  BOOST_TEST((first == all(data::batches(augmented, 8, again))));
  data::Batches rest = data::batches(augmented, 8, again);
  rest.skip(3);
  BOOST_TEST(
      (all(std::move(rest)) == std::vector<std::vector<Scalar>>(second.begin() + 3, second.end())));
}

BOOST_AUTO_TEST_CASE(one_of_your_own_is_a_function) {
  const auto image = changed([](data::ImageView view, Rng&) {
    BOOST_TEST(view.height == 3u);
    BOOST_TEST(view.width == 4u);
    BOOST_TEST(view.channels == 2u);
    for (Scalar& x : view.pixels) x = -x;
  });
  BOOST_TEST(image[0] == -1);
  BOOST_TEST(image[23] == -232);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const auto refused = [](auto make) { return without_place(error_of<ValueError>(make)); };
  BOOST_TEST(refused([] { data::flip({.horizontal = 1.5}); }) ==
             "[flip] horizontal must be in [0, 1], got 1.5");
  BOOST_TEST(refused([] { data::rotate({.degrees = -1}); }) ==
             "[rotate] degrees must be finite and at least 0, got -1");
  BOOST_TEST(refused([] { data::cutout({.size = 0}); }) ==
             "[cutout] size must be at least 1, got 0");
  BOOST_TEST(refused([] {
               data::normalize({{1, 2}, {1}});
             }) == "[normalize] expected a mean and a deviation for each channel, got 2 and 1");
  BOOST_TEST(
      refused([] {
        data::normalize({{1}, {0}});
      }).starts_with("[normalize] the deviation of channel 0 must be finite and above 0, got 0"));
  BOOST_TEST(refused([] {
               changed(data::normalize({{1}, {1}}));
             }) == "[normalize] expected images of 1 channels, got 2");
  const Counting flat{5};
  BOOST_TEST(error_of<ShapeError>([&] {
               const auto augmented = data::augment(flat, {data::flip()});
               data::batches(augmented, 2).begin();
             }) == "[augment] expected images (N, H, W, C) as the first input, got numbers (2, 2)");
  BOOST_TEST(refused([&] {
               data::augment(flat, {data::flip(), nullptr});
             }) == "[augment] expected functions, got none in the list");
  BOOST_TEST(refused([] {
               const Numbered none{0};
               data::channel_statistics(none);
             }) == "[channel_statistics] expected at least one sample, got none");
}

BOOST_AUTO_TEST_SUITE_END()
