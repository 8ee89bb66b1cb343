// SPDX-License-Identifier: MIT
#include <xtape/data/images.hpp>

#include "data/checks.hpp"

namespace xtape::inline XTAPE_ABI::data {

ImageDataset::ImageDataset(ImageData data, Location at) : data_{std::move(data)} {
  const Op op{"dataset", at};
  const Shape shape{data_.labels.size(), data_.height, data_.width, data_.channels};
  if (data_.height == 0 || data_.width == 0 || data_.channels == 0 || data_.classes == 0)
    throw ValueError(op, text("expected sizes of at least 1, got images of ", sample_shape(),
                              " and ", data_.classes, " classes"));
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

Batch ImageDataset::make_batch(std::size_t count) const {
  return {.inputs = {uninitialized({count, data_.height, data_.width, data_.channels})},
          .targets = {ids({count})}};
}

void ImageDataset::gather(std::span<const std::uint32_t> indices, Batch& batch, Rng&) const {
  const std::size_t count = sample_bytes();
  Scalar* images = batch.inputs[0].numbers().data();
  std::int32_t* labels = batch.targets[0].ids().data();
  for (const std::uint32_t index : indices) {
    check_index(Op::nowhere("gather"), index, size());
    const std::uint8_t* bytes = data_.pixels.data() + index * count;
    for (std::size_t i = 0; i < count; ++i) images[i] = static_cast<Scalar>(bytes[i]) / 255;
    images += count;
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

}  // namespace xtape::inline XTAPE_ABI::data
