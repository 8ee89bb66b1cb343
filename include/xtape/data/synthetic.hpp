// SPDX-License-Identifier: MIT
/// \file
/// Made-up handwritten digits, for where there is no data: demos, tests, machines without a
/// network.
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

}  // namespace xtape::inline XTAPE_ABI::data
#pragma GCC visibility pop
