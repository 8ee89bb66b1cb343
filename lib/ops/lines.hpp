// SPDX-License-Identifier: MIT
// Loops along one axis of an array, or along its rows, for what is computed in the order of the elements.
#pragma once

#include "kernels/parallel.hpp"

#include <xtape/array.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI {

/// An array as (outer, size, inner), of which an op goes along the axis in the middle.
struct Lines {
  std::size_t outer = 1, size, inner = 1;

  Lines(const Shape& shape, std::size_t axis) : size{shape[axis]} {
    for (std::size_t i = 0; i < axis; ++i) outer *= shape[i];
    for (std::size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  }

  static constexpr std::size_t most_width = 256;  ///< of a block, in columns
  /// The columns of a block: whole lines of the cache, and as few as are worth a slice.
  std::size_t width() const {
    constexpr std::size_t line = 64 / sizeof(Scalar);
    const std::size_t worth = kernels::elementwise_grain / std::max<std::size_t>(size, 1);
    return std::clamp(worth / line * line, line, most_width);
  }
  /// Calls run(outer, first column, number of columns) for each block, `width()` of the inner axis, in parallel.
  template <class Run>
  void for_each_block(Run run) const {
    const std::size_t width = this->width(), blocks = (inner + width - 1) / width;
    kernels::parallel_ranges(
        outer * blocks, kernels::row_grain(std::max<std::size_t>(size, 1) * std::min(inner, width)),
        [=, *this](std::size_t begin, std::size_t end) {
          for (std::size_t i = begin; i < end; ++i) {
            const std::size_t column = i % blocks * width;
            run(i / blocks, column, std::min(width, inner - column));
          }
        });
  }
};

/// Calls run(row) for each row of `columns` elements, in parallel.
template <class Run>
void for_each_row(std::size_t rows, std::size_t columns, Run run) {
  kernels::parallel_ranges(rows, kernels::row_grain(columns),
                           [=](std::size_t begin, std::size_t end) {
                             for (std::size_t r = begin; r < end; ++r) run(r);
                           });
}

}  // namespace xtape::inline XTAPE_ABI
