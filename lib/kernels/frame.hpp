// SPDX-License-Identifier: MIT
// Images inside larger ones, with zeros around.
#pragma once

#include "kernels/parallel.hpp"

#include <xtape/array.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels {

/// Where images begin in the larger ones, and how large those are.
struct Frame {
  std::size_t top, left, height, width;
};

/// Images of `shape` in their frames. fill(i, first element, elements from row to row) writes image i.
template <class Fill>
Array framed(const Shape& shape, const Frame& frame, Fill fill) {
  const std::size_t row = frame.width * shape[3], begin = frame.left * shape[3],
                    end = begin + shape[2] * shape[3];
  Array out = uninitialized({shape[0], frame.height, frame.width, shape[3]});
  parallel_ranges(shape[0], 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      Scalar* const image = out.data() + i * frame.height * row;
      for (std::size_t y = 0; y < frame.height; ++y) {
        const bool inside = y >= frame.top && y - frame.top < shape[1];
        std::fill_n(image + y * row, inside ? begin : row, Scalar{0});
        if (inside) std::fill_n(image + y * row + end, row - end, Scalar{0});
      }
      fill(i, image + frame.top * row + begin, row);
    }
  });
  return out;
}

/// Images of `shape` as they are in their frames.
inline Array framed(const Shape& shape, const Scalar* images, const Frame& frame) {
  const std::size_t size = shape[2] * shape[3];
  return framed(shape, frame, [&](std::size_t i, Scalar* to, std::size_t row) {
    for (std::size_t y = 0; y < shape[1]; ++y)
      std::copy_n(images + (i * shape[1] + y) * size, size, to + y * row);
  });
}

}  // namespace xtape::inline XTAPE_ABI::kernels
