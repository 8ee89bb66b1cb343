// SPDX-License-Identifier: MIT
// The inner loop of products and convolutions: a tile of the result that stays in registers.
#pragma once

#include "kernels/simd.hpp"

#include <array>
#include <utility>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// A tile has up to this many vectors of columns, ...
inline constexpr std::size_t tile_vectors = 2;
inline constexpr std::size_t tile_columns = tile_vectors * lanes;
/// ... and so many rows that its sums fit into the registers, beside a row of b and one element of a.
inline constexpr std::size_t tile_rows = (vector_registers - tile_vectors - 1) / tile_vectors;

/// sum[r][v] += a[r, i] * b[i, v] over i in [0, depth). Element (r, i) of a is at r * row + i * step.
template <std::size_t Rows, std::size_t Vectors>
[[gnu::always_inline]] inline void multiply_add(Vec (&sum)[Rows][Vectors], const Scalar* a,
                                                std::size_t row, std::size_t step, const Scalar* b,
                                                std::size_t b_row, std::size_t depth) {
  for (std::size_t i = 0; i < depth; ++i, a += step, b += b_row) {
    Vec right[Vectors];
    for (std::size_t v = 0; v < Vectors; ++v) right[v] = load(b + v * lanes);
    for (std::size_t r = 0; r < Rows; ++r)
      for (std::size_t v = 0; v < Vectors; ++v) sum[r][v] += a[r * row] * right[v];
  }
}

/// The instances of a tile function for 1 to tile_rows rows and 1 to tile_vectors vectors, as
/// tiles[vectors - 1][rows - 1]. `Make` has a member template `run<Rows, Vectors>`.
template <class Make>
constexpr auto make_tiles() {
  const auto of = []<std::size_t Vectors, std::size_t... I>(std::index_sequence<I...>) {
    return std::array{&Make::template run<I + 1, Vectors>...};
  };
  constexpr auto rows = std::make_index_sequence<tile_rows>{};
  return std::array{of.template operator()<1>(rows), of.template operator()<2>(rows)};
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
