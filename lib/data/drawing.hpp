// SPDX-License-Identifier: MIT
// What made-up images have in common: each depends on a seed and its number alone, so that it is equal on every
// machine, for any count and any number of threads.
#pragma once

#include <xtape/data/images.hpp>
#include <xtape/random.hpp>

#include "kernels/parallel.hpp"

#include <numeric>
#include <utility>

namespace xtape::inline XTAPE_ABI::data {

/// Of each image's own stretch of the random stream.
inline constexpr std::size_t draws_per_image = 1 << 20;

/// About normal, of mean 0 and variance 1, but within +-3.5, from one draw: the sum of four uniform
/// numbers. Its arithmetic is exact, unlike that of a logarithm.
inline double spread(Rng& rng) {
  const std::uint64_t bits = rng();
  double sum = 0;
  for (int shift : {0, 16, 32, 48}) sum += static_cast<double>(bits >> shift & 0xffff) + 0.5;
  return (sum / 65536 - 2) * 1.7320508075688772;
}

/// The label of image i: as many images in a row as there are classes are of all of them, in a random order.
inline std::int32_t label_of(std::uint64_t seed, std::size_t i, std::size_t classes) {
  // The second half of what belongs to an image.
  Rng rng{seed, i / classes * draws_per_image + draws_per_image / 2};
  std::vector<std::int32_t> labels(classes);
  std::iota(labels.begin(), labels.end(), 0);
  for (std::size_t k = labels.size(); k > 1; --k) std::swap(labels[k - 1], labels[rng.below(k)]);
  return labels[i % classes];
}

/// Made-up images of a size, `count` of them. `data` says what they are. A Painter, which is kept from one to the
/// next for its memory, paints one of a class: `paint(label, rng, pixels)`.
template <class Painter>
ImageDataset paint_images(ImageData data, std::uint64_t seed, std::size_t count,
                          const Painter& painter) {
  constexpr std::size_t images_per_slice = 256;
  const std::size_t bytes = data.height * data.width * data.channels;
  data.labels.resize(count);
  data.pixels.resize(count * bytes);
  data.source = "built-in substitute";
  data.synthetic = true;
  kernels::parallel_ranges(count, images_per_slice, [&](std::size_t begin, std::size_t end) {
    Painter own = painter;
    for (std::size_t i = begin; i < end; ++i) {
      data.labels[i] = label_of(seed, i, data.classes);
      Rng rng{seed, i * draws_per_image};
      own.paint(data.labels[i], rng, data.pixels.data() + i * bytes);
    }
  });
  return ImageDataset{std::move(data)};
}

}  // namespace xtape::inline XTAPE_ABI::data
