// SPDX-License-Identifier: MIT
/// \file
/// Images with labels, in memory or in their files.
#pragma once

#include <xtape/data/dataset.hpp>

#include <functional>
#include <string>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::data {

/// What an ImageDataset is made of.
struct ImageData {
  std::vector<std::uint8_t> pixels = {};  ///< all images, one after the other: (N, H, W, C)
  std::vector<std::int32_t> labels = {};  ///< (N,), each in {0, ..., classes - 1}
  std::size_t height = 28;                ///< pixels per column
  std::size_t width = 28;                 ///< pixels per row
  std::size_t channels = 1;               ///< bytes per pixel
  std::size_t classes = 10;               ///< number of classes
  std::string name = {};                  ///< what it is, such as `MNIST`
  std::string source = {};                ///< where it came from, such as a directory
  bool synthetic = false;                 ///< whether it is made up
};

/// Images of bytes, kept in memory. A gathered pixel is the byte / 255, so from 0 to 1.
class ImageDataset final : public Dataset {
 public:
  /// Takes over `data`. Throws ShapeError if the number of bytes does not fit the number of labels,
  /// ValueError if a label is out of range or a size is zero.
  explicit ImageDataset(ImageData data, Location at = Location::current());

  std::size_t size() const noexcept override { return data_.labels.size(); }
  /// The input is images (count, H, W, C), the target their classes, (count,).
  Batch make_batch(std::size_t count) const override;
  /// Throws ValueError if an index is not less than `size()`.
  void gather(std::span<const std::uint32_t> indices, Batch& batch, Rng& rng) const override;

  /// The shape of an image, (H, W, C).
  Shape sample_shape() const { return {data_.height, data_.width, data_.channels}; }
  /// The number of classes; a label is less than it.
  std::size_t classes() const noexcept { return data_.classes; }
  /// The bytes of an image, (H, W, C). Throws ValueError if `index` is not less than `size()`.
  std::span<const std::uint8_t> pixels(std::size_t index, Location at = Location::current()) const;
  /// The classes of all samples, (N,).
  std::span<const std::int32_t> labels() const noexcept { return data_.labels; }
  /// What it is, such as `MNIST`.
  const std::string& name() const noexcept { return data_.name; }
  /// Where it came from: a directory, or `built-in substitute`.
  const std::string& source() const noexcept { return data_.source; }
  /// Whether it is made up, not measured: results on it are not comparable to those of others.
  bool synthetic() const noexcept { return data_.synthetic; }

  /// A copy of the first `count` samples, for a quick trial. Throws ValueError if there are fewer.
  ImageDataset first(std::size_t count, Location at = Location::current()) const;

 private:
  std::size_t sample_bytes() const noexcept { return data_.height * data_.width * data_.channels; }
  ImageData data_;
};

/// Images of bytes that stay in their files, for datasets larger than memory: `open_images_and_labels` and `open_cifar`
/// make them. One is read when a batch asks for it, so that of several ranks each reads its own alone; what the system
/// keeps of a file in its cache is there once, for all processes. A gathered pixel is the byte / 255.
class ImageFiles final : public Dataset {
 public:
  /// Reads the bytes of an image, (H, W, C), and returns its class, one of those there are. It is called on the thread
  /// that gathers.
  using Read = std::function<std::int32_t(std::size_t index, std::span<std::uint8_t> pixels)>;

  /// So many images (H, W, C) in files of any format, which `read` reads. Throws ValueError if there is no function or
  /// a size of an image or the number of classes is zero.
  ImageFiles(std::size_t size, Shape sample_shape, std::size_t classes, Read read,
             Location at = Location::current());

  std::size_t size() const noexcept override { return size_; }
  /// The input is images (count, H, W, C), the target their classes, (count,).
  Batch make_batch(std::size_t count) const override;
  /// Throws ValueError if an index is not less than `size()`, and what reading throws: DataError if a file became
  /// shorter meanwhile, say.
  void gather(std::span<const std::uint32_t> indices, Batch& batch, Rng& rng) const override;

  /// The shape of an image, (H, W, C).
  const Shape& sample_shape() const noexcept { return sample_shape_; }
  /// The number of classes.
  std::size_t classes() const noexcept { return classes_; }

 private:
  std::size_t size_;
  Shape sample_shape_;
  std::size_t classes_;
  Read read_;
};

/// A dataset in the two parts that its authors made of it: `auto [train, test] = data::mnist();`
struct Split {
  ImageDataset train;  ///< to learn from
  ImageDataset test;   ///< to measure with
};

}  // namespace xtape::inline XTAPE_ABI::data
#pragma GCC visibility pop
