// SPDX-License-Identifier: MIT
/// \file
/// Images changed at random while they are gathered, so that no epoch is like another; and brought to mean 0 and
/// deviation 1.
#pragma once

#include <xtape/data/combined.hpp>

#include <functional>
#include <span>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::data {

/// An image in a batch, to be changed where it is.
struct ImageView {
  std::span<Scalar> pixels;  ///< (height, width, channels), row-major
  std::size_t height;        ///< pixels per column
  std::size_t width;         ///< pixels per row
  std::size_t channels;      ///< numbers per pixel
};

/// What changes an image, with what is random drawn from the generator of its batch: those below, or one of your own:
/// ```
/// const data::Augmentation fade = [](data::ImageView image, Rng& rng) {
///   const auto light = static_cast<Scalar>(0.5 + 0.5 * rng.uniform());
///   for (Scalar& x : image.pixels) x *= light;
/// };
/// ```
using Augmentation = std::function<void(ImageView image, Rng& rng)>;

/// What is beyond the border of an image.
enum class Border {
  zero,     ///< zeros
  reflect,  ///< the image mirrored, its outermost pixels once: c b | a b c | b a
};

/// How likely an image is mirrored.
struct FlipOptions {
  double horizontal = 0.5;  ///< left and right changed
  double vertical = 0;      ///< top and bottom changed
};
/// Mirrors an image or leaves it (torchvision's RandomHorizontalFlip, Keras' RandomFlip). Throws ValueError unless
/// the options are from 0 to 1.
Augmentation flip(const FlipOptions& options = {}, Location at = Location::current());

/// How far an image is moved.
struct CropOptions {
  std::size_t padding = 4;       ///< pixels, in each direction
  Border border = Border::zero;  ///< what moves in
};
/// Takes a piece as large as the image from the image with `padding` pixels around it, so moves it by up to so many in
/// both directions, each shift equally likely (torchvision's RandomCrop, Keras' RandomTranslation).
Augmentation crop(const CropOptions& options = {});

/// How far an image is turned.
struct RotateOptions {
  double degrees = 15;           ///< at most, in both directions
  Border border = Border::zero;  ///< what turns in
};
/// Turns an image about its middle by an angle of which each is equally likely, with bilinear interpolation
/// (torchvision's and Keras' RandomRotation). Throws ValueError unless `degrees` is finite and at least 0.
Augmentation rotate(const RotateOptions& options = {}, Location at = Location::current());

/// What is cut out of an image.
struct CutoutOptions {
  std::size_t size = 8;  ///< pixels of a side
  Scalar value = 0;      ///< what is there then
};
/// Blanks a square, the middle of which is any pixel, so that a part of it may be outside (DeVries and Taylor,
/// "Improved regularization of convolutional neural networks with cutout", 2017). Throws ValueError unless `size` is
/// at least 1.
Augmentation cutout(const CutoutOptions& options = {}, Location at = Location::current());

/// Of each channel of a dataset's images, or of each column of its table.
struct ChannelStatistics {
  std::vector<double> mean;       ///< over all samples, and all pixels of an image
  std::vector<double> deviation;  ///< the root of the mean squared distance from it
};
/// Of which part of a dataset.
struct ChannelStatisticsOptions {
  bool target = false;  ///< the first target, not the first input
};
/// Means and deviations over all but the last axis of a dataset's first input (N, ..., C), such as images (N, H, W, C)
/// or the rows of a table (N, C), in its own order. Throws ShapeError if it is another shape or ids, ValueError if
/// there are no samples or no such part. See `normalize` for images, and the layer `Normalization` for tables.
ChannelStatistics channel_statistics(const Dataset& dataset,
                                     const ChannelStatisticsOptions& options = {},
                                     Location at = Location::current());

/// Subtracts each channel's mean and divides by its deviation; nothing is random about it, so that it is for images to
/// test with, too, with the numbers of those to train with. Throws ValueError unless there are as many means as
/// deviations, at least one, and all are finite and the deviations above 0; while gathering if images have another
/// number of channels.
Augmentation normalize(const ChannelStatistics& statistics, Location at = Location::current());

/// A dataset whose images (N, H, W, C), its first input, are changed one after the other, each by all of these in
/// their order:
/// ```
/// const data::ChannelStatistics numbers = data::channel_statistics(train);
/// const auto changed = data::augment(train, {data::flip(), data::crop(), data::normalize(numbers)});
/// const auto measured = data::augment(test, {data::normalize(numbers)});
/// ```
/// A training that is resumed sees the same images. The dataset must outlive the result. Throws ValueError if one of
/// these is no function; while gathering ShapeError if the first input is no images.
Mapped augment(const Dataset& images, std::vector<Augmentation> augmentations,
               Location at = Location::current());
/// A dataset that dies before the result.
Mapped augment(const Dataset&&, std::vector<Augmentation>,
               Location = Location::current()) = delete;  // keep the dataset in a variable

}  // namespace xtape::inline XTAPE_ABI::data
#pragma GCC visibility pop
