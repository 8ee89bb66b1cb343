// SPDX-License-Identifier: MIT
/// \file
/// Made-up images, for where there is no data: demos, tests, machines without a network.
#pragma once

#include <xtape/data/images.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::data {

/// How many digits to draw, and which.
struct SyntheticOptions {
  std::size_t count = 60000;  ///< number of images
  std::uint64_t seed = 0;     ///< other seeds give other images
};

/// Draws digits that look like those of MNIST: white on black, 28 x 28 x 1, about 20 pixels tall,
/// centred by mass, 10 classes as even in number as `count` allows, in random order.
///
/// A digit is a few pen strokes in one of several styles. Their control points are jittered; the
/// curve through them is slanted, turned, stretched and bent by a smooth random displacement
/// (Simard et al., "Best practices for convolutional neural networks", 2003), and drawn with a pen
/// of random width, pressure and ink. Image i depends on the seed and i alone: equal on every
/// machine, for any count and any number of threads.
ImageDataset synthetic_digits(const SyntheticOptions& options = {});

/// How many pictures to paint, and which.
struct PictureOptions {
  std::size_t count = 50000;  ///< number of images
  std::uint64_t seed = 0;     ///< other seeds give other images
  std::size_t classes = 10;   ///< up to ten figures in up to ten colours
};

/// Paints pictures of the shape of CIFAR's, 32 x 32 x 3: a figure in front of a background of two colours and waves,
/// with noise. Class c has the figure c % 10 (disc, ring, square, triangle, cross, bar, half disc, flower,
/// crescent, two discs); place, size and direction are random, and so is the colour, unless there are more than ten
/// classes: then its hue says c / 10. Image i depends on the seed and i alone, as in `synthetic_digits`. Throws
/// ValueError unless there are 1 to 100 classes.
ImageDataset synthetic_pictures(const PictureOptions& options = {});

}  // namespace xtape::inline XTAPE_ABI::data
#pragma GCC visibility pop
