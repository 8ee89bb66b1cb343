// SPDX-License-Identifier: MIT
#include <xtape/data/augment.hpp>

#include "ranges.hpp"

#include <xtape/data/batches.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace xtape::inline XTAPE_ABI::data {
namespace {

using Index = std::ptrdiff_t;

const Shape& check_images(const Op& op, const Batch& batch) {
  if (batch.inputs.empty()) throw ShapeError(op, "expected images, got a batch of no inputs");
  const Column& images = batch.inputs[0];
  if (images.has_ids() || images.shape().size() != 4)
    throw ShapeError(op, text("expected images (N, H, W, C) as the first input, got ",
                              images.has_ids() ? "ids " : "numbers ", images.shape()));
  return images.shape();
}

// A place on an axis, where the image mirrored goes on for ever.
Index reflected(Index at, Index size) {
  const Index period = std::max<Index>(2 * (size - 1), 1);
  at = (at % period + period) % period;
  return std::min(at, period - at) % size;
}

// Where each place of an axis comes from if an image is moved; -1: from beyond, zero.
PooledVector<Index> moved(Index size, Index shift, Border border) {
  PooledVector<Index> from;
  from.reserve(static_cast<std::size_t>(size));
  for (Index at = shift; at < size + shift; ++at)
    from.push_back(border == Border::reflect ? reflected(at, size)
                                             : (at >= 0 && at < size ? at : Index{-1}));
  return from;
}

// An image as it was, which has pixels beyond its borders, too.
class Original {
 public:
  Original(const ImageView& image, Border border)
      : pixels_(image.pixels.begin(), image.pixels.end()),
        height_{static_cast<Index>(image.height)},
        width_{static_cast<Index>(image.width)},
        channels_{image.channels},
        border_{border} {}

  // The numbers of a pixel; none: it is beyond, and zero.
  const Scalar* at(Index row, Index column) const {
    if (border_ == Border::reflect)
      row = reflected(row, height_), column = reflected(column, width_);
    if (row < 0 || row >= height_ || column < 0 || column >= width_) return nullptr;
    return pixels_.data() + static_cast<std::size_t>(row * width_ + column) * channels_;
  }
  // Between four pixels, by the distance to each.
  void interpolate(double row, double column, Scalar* out) const {
    const double top = std::floor(row), left = std::floor(column);
    std::fill_n(out, channels_, Scalar{0});
    for (const int down : {0, 1})
      for (const int right : {0, 1}) {
        const double weight =
            (1 - std::abs(row - top - down)) * (1 - std::abs(column - left - right));
        const Scalar* const pixel =
            at(static_cast<Index>(top) + down, static_cast<Index>(left) + right);
        if (pixel == nullptr || weight == 0) continue;
        for (std::size_t c = 0; c < channels_; ++c)
          out[c] += static_cast<Scalar>(weight) * pixel[c];
      }
  }

 private:
  PooledVector<Scalar> pixels_;
  Index height_, width_;
  std::size_t channels_;
  Border border_;
};

// Calls `f(row, column, the pixel's numbers)` for all pixels.
template <class F>
void for_each_pixel(const ImageView& image, F f) {
  Scalar* pixel = image.pixels.data();
  for (std::size_t row = 0; row < image.height; ++row)
    for (std::size_t column = 0; column < image.width; ++column, pixel += image.channels)
      f(row, column, pixel);
}

void flip_rows(const ImageView& image) {
  const auto row = static_cast<Index>(image.width * image.channels);
  const auto begin = image.pixels.begin();
  for (Index i = 0, k = static_cast<Index>(image.height) - 1; i < k; ++i, --k)
    std::swap_ranges(begin + i * row, begin + (i + 1) * row, begin + k * row);
}

void flip_columns(const ImageView& image) {
  const std::size_t channels = image.channels;
  for (std::size_t row = 0; row < image.height; ++row) {
    Scalar* const begin = image.pixels.data() + row * image.width * channels;
    for (std::size_t i = 0, k = image.width - 1; i < k; ++i, --k)
      std::swap_ranges(begin + i * channels, begin + (i + 1) * channels, begin + k * channels);
  }
}

}  // namespace

Augmentation flip(const FlipOptions& options, Location at) {
  const Op op{"flip", at};
  check_share(op, "horizontal", options.horizontal);
  check_share(op, "vertical", options.vertical);
  return [options](const ImageView& image, Rng& rng) {
    if (rng.uniform() < options.horizontal) flip_columns(image);
    if (rng.uniform() < options.vertical) flip_rows(image);
  };
}

Augmentation crop(const CropOptions& options) {
  return [options](const ImageView& image, Rng& rng) {
    const auto padding = static_cast<Index>(options.padding);
    const auto draw = [&](std::size_t size) {
      const Index shift = static_cast<Index>(rng.below(2 * options.padding + 1)) - padding;
      return moved(static_cast<Index>(size), shift, options.border);
    };
    const PooledVector<Index> rows = draw(image.height), columns = draw(image.width);
    const PooledVector<Scalar> before(image.pixels.begin(), image.pixels.end());
    for_each_pixel(image, [&](std::size_t row, std::size_t column, Scalar* pixel) {
      const bool inside = rows[row] >= 0 && columns[column] >= 0;
      const auto from = static_cast<std::size_t>(
          inside ? rows[row] * static_cast<Index>(image.width) + columns[column] : 0);
      for (std::size_t c = 0; c < image.channels; ++c)
        pixel[c] = inside ? before[from * image.channels + c] : Scalar{0};
    });
  };
}

Augmentation rotate(const RotateOptions& options, Location at) {
  check_not_negative({"rotate", at}, "degrees", options.degrees);
  return [options](const ImageView& image, Rng& rng) {
    const double angle = (2 * rng.uniform() - 1) * options.degrees * std::numbers::pi / 180;
    const double cos = std::cos(angle), sin = std::sin(angle);
    const double middle_row = static_cast<double>(image.height - 1) / 2;
    const double middle_column = static_cast<double>(image.width - 1) / 2;
    const Original original{image, options.border};
    for_each_pixel(image, [&](std::size_t row, std::size_t column, Scalar* pixel) {
      const double y = static_cast<double>(row) - middle_row;
      const double x = static_cast<double>(column) - middle_column;
      original.interpolate(middle_row + cos * y + sin * x, middle_column + cos * x - sin * y,
                           pixel);
    });
  };
}

Augmentation cutout(const CutoutOptions& options, Location at) {
  check_count({"cutout", at}, "size", options.size);
  return [options](const ImageView& image, Rng& rng) {
    // The part of the square that is on an axis.
    const auto range = [&](std::size_t length) {
      const std::size_t end = rng.below(length) + (options.size + 1) / 2;
      return std::pair{end < options.size ? 0 : end - options.size, std::min(end, length)};
    };
    const auto [top, bottom] = range(image.height);
    const auto [left, right] = range(image.width);
    for (std::size_t row = top; row < bottom; ++row)
      std::fill_n(image.pixels.data() + (row * image.width + left) * image.channels,
                  (right - left) * image.channels, options.value);
  };
}

ChannelStatistics channel_statistics(const Dataset& dataset,
                                     const ChannelStatisticsOptions& options, Location at) {
  const Op op{"channel_statistics", at};
  if (dataset.size() == 0) throw ValueError(op, "expected at least one sample, got none");
  constexpr std::size_t batch_size = 256;
  // Of the differences from the first sample, and of their squares: numbers far from 0 would leave little of these.
  ChannelStatistics sums;
  std::vector<double> first;
  double count = 0;
  for (const Batch& batch : batches(dataset, batch_size, at)) {
    const Array& numbers = (options.target ? batch.target(at) : batch.input(at)).array();
    if (numbers.dimension() < 2)
      throw ShapeError(op, text("expected (N, ..., channels), got ", numbers.shape()));
    const std::size_t channels = numbers.shape().back();
    if (first.empty()) first.assign(numbers.data(), numbers.data() + channels);
    sums.mean.resize(channels), sums.deviation.resize(channels);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const double x = numbers.data()[i] - first[i % channels];
      sums.mean[i % channels] += x;
      sums.deviation[i % channels] += x * x;
    }
    count += static_cast<double>(numbers.size()) / static_cast<double>(channels);
  }
  for (std::size_t c = 0; c < sums.mean.size(); ++c) {
    const double mean = sums.mean[c] / count;
    sums.deviation[c] = std::sqrt(std::max(0.0, sums.deviation[c] / count - mean * mean));
    sums.mean[c] = first[c] + mean;
  }
  return sums;
}

Augmentation normalize(const ChannelStatistics& statistics, Location at) {
  check_statistics({"normalize", at}, statistics.mean, statistics.deviation);
  return [statistics](const ImageView& image, Rng&) {
    const std::size_t channels = statistics.mean.size();
    if (image.channels != channels)
      throw ValueError(Op::nowhere("normalize"),
                       text("expected images of ", channels, " channels, got ", image.channels));
    for_each_pixel(image, [&](std::size_t, std::size_t, Scalar* pixel) {
      for (std::size_t c = 0; c < channels; ++c)
        pixel[c] = static_cast<Scalar>((pixel[c] - statistics.mean[c]) / statistics.deviation[c]);
    });
  };
}

Mapped augment(const Dataset& images, std::vector<Augmentation> augmentations, Location at) {
  for (const Augmentation& each : augmentations)
    if (!each) throw ValueError({"augment", at}, "expected functions, got none in the list");
  const auto change = [augmentations = std::move(augmentations)](Batch batch, Rng& rng) {
    const Shape shape = check_images(Op::nowhere("augment"), batch);
    const std::span<Scalar> pixels = batch.inputs[0].numbers();
    const std::size_t image = shape[1] * shape[2] * shape[3];
    for (std::size_t i = 0; i < shape[0]; ++i)
      for (const Augmentation& each : augmentations)
        each({pixels.subspan(i * image, image), shape[1], shape[2], shape[3]}, rng);
    return batch;
  };
  return map(images, change, at);
}

}  // namespace xtape::inline XTAPE_ABI::data
