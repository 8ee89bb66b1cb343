// SPDX-License-Identifier: MIT
#include <xtape/data/images.hpp>

#include "data/checks.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI::data {
namespace {

void check_sizes(const Op& op, const Shape& image, std::size_t classes) {
  if (image.size() != 3 || std::ranges::count(image, 0u) > 0 || classes == 0)
    throw ValueError(op, text("expected sizes of at least 1, got images of ", image, " and ",
                              classes, " classes"));
}

Batch room_for(std::size_t count, const Shape& image) {
  return {.inputs = {uninitialized({count, image[0], image[1], image[2]})},
          .targets = {ids({count})}};
}

// Returns the place behind them.
Scalar* write_fractions(std::span<const std::uint8_t> bytes, Scalar* to) {
  for (const std::uint8_t byte : bytes) *to++ = static_cast<Scalar>(byte) / 255;
  return to;
}

}  // namespace

ImageDataset::ImageDataset(ImageData data, Location at) : data_{std::move(data)} {
  const Op op{"dataset", at};
  const Shape shape{data_.labels.size(), data_.height, data_.width, data_.channels};
  check_sizes(op, sample_shape(), data_.classes);
  if (data_.pixels.size() != element_count(shape))
    throw ShapeError(op,
                     text("expected ", element_count(shape), " bytes for ", shape, ", got ",
                          data_.pixels.size()),
                     "is there one label per image?");
  for (std::size_t i = 0; i < data_.labels.size(); ++i)
    if (data_.labels[i] < 0 || static_cast<std::size_t>(data_.labels[i]) >= data_.classes)
      throw ValueError(op,
                       text("expected labels less than ", data_.classes, ", got ", data_.labels[i],
                            " for sample ", i),
                       "are there more classes?");
}

Batch ImageDataset::make_batch(std::size_t count) const { return room_for(count, sample_shape()); }

void ImageDataset::gather(std::span<const std::uint32_t> indices, Batch& batch, Rng&) const {
  const std::span<const std::uint8_t> pixels{data_.pixels};
  Scalar* images = batch.inputs[0].numbers().data();
  std::int32_t* labels = batch.targets[0].ids().data();
  for (const std::uint32_t index : indices) {
    check_index(Op::nowhere("gather"), index, size());
    images = write_fractions(pixels.subspan(index * sample_bytes(), sample_bytes()), images);
    *labels++ = data_.labels[index];
  }
}

std::span<const std::uint8_t> ImageDataset::pixels(std::size_t index, Location at) const {
  check_index({"pixels", at}, index, size());
  return std::span{data_.pixels}.subspan(index * sample_bytes(), sample_bytes());
}

ImageDataset ImageDataset::first(std::size_t count, Location at) const {
  if (count > size())
    throw ValueError({"first", at}, text("expected at most ", size(), " samples, got ", count));
  const auto head = [](const auto& all, std::size_t size) {
    return std::vector(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size));
  };
  return ImageDataset{{.pixels = head(data_.pixels, count * sample_bytes()),
                       .labels = head(data_.labels, count),
                       .height = data_.height,
                       .width = data_.width,
                       .channels = data_.channels,
                       .classes = data_.classes,
                       .name = data_.name,
                       .source = data_.source,
                       .synthetic = data_.synthetic},
                      at};
}

ImageFiles::ImageFiles(std::size_t size, Shape sample_shape, std::size_t classes, Read read,
                       Location at)
    : size_{size},
      sample_shape_{std::move(sample_shape)},
      classes_{classes},
      read_{std::move(read)} {
  const Op op{"dataset", at};
  check_sizes(op, sample_shape_, classes_);
  if (!read_) throw ValueError(op, "expected a function that reads an image, got none");
}

Batch ImageFiles::make_batch(std::size_t count) const { return room_for(count, sample_shape_); }

void ImageFiles::gather(std::span<const std::uint32_t> indices, Batch& batch, Rng&) const {
  PooledVector<std::uint8_t> pixels(element_count(sample_shape_));
  Scalar* images = batch.inputs[0].numbers().data();
  std::int32_t* labels = batch.targets[0].ids().data();
  for (const std::uint32_t index : indices) {
    check_index(Op::nowhere("gather"), index, size_);
    *labels++ = read_(index, pixels);
    images = write_fractions(pixels, images);
  }
}

}  // namespace xtape::inline XTAPE_ABI::data
