// SPDX-License-Identifier: MIT
// The inner loop of products and convolutions: a tile of the result that stays in registers.
#pragma once

#include "kernels/simd.hpp"

#include <array>
#include <utility>

/// Before a loop over an array of vectors: unrolled, or g++ would keep the array in memory.
#define XTAPE_UNROLL _Pragma("GCC unroll 16")

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// A tile has up to this many vectors of columns, ...
inline constexpr std::size_t tile_vectors = vector_registers >= 32 ? 4 : 2;
inline constexpr std::size_t tile_columns = tile_vectors * lanes;
/// ... and so many rows that its sums fit into the registers, beside a row of b and an element of a.
constexpr std::size_t tile_rows(std::size_t vectors) {
  const std::size_t rows = (vector_registers - vectors - 1) / vectors;
  return rows < 14 ? rows : 14;
}

/// sum[r][v] += a[r, i] * b[i, v] over i in [0, depth). Element (r, i) of a is at r * row + i * step.
template <std::size_t Rows, std::size_t Vectors>
[[gnu::always_inline]] inline void multiply_add(Vec (&sum)[Rows][Vectors], const Scalar* a,
                                                std::size_t row, std::size_t step, const Scalar* b,
                                                std::size_t b_row, std::size_t depth) {
  for (std::size_t i = 0; i < depth; ++i, a += step, b += b_row) {
    Vec right[Vectors];
    XTAPE_UNROLL
    for (std::size_t v = 0; v < Vectors; ++v) right[v] = load(b + v * lanes);
    XTAPE_UNROLL
    for (std::size_t r = 0; r < Rows; ++r) {
      XTAPE_UNROLL
      for (std::size_t v = 0; v < Vectors; ++v) sum[r][v] += a[r * row] * right[v];
    }
  }
}

/// The instances of a tile function for 1 to `tile_vectors` vectors and as many rows as they leave
/// room for. `Make` has a member template `run<Rows, Vectors>`.
template <class Make>
struct Tiles {
  using Run = decltype(&Make::template run<1, 1>);
  static constexpr std::size_t most_rows = tile_rows(1);

  /// The instance for a tile of these sizes.
  static Run of(std::size_t rows, std::size_t vectors) { return all[vectors - 1][rows - 1]; }

 private:
  template <std::size_t Vectors, std::size_t... I>
  static constexpr std::array<Run, most_rows> column(std::index_sequence<I...>) {
    return {&Make::template run<(I < tile_rows(Vectors) ? I + 1 : 1), Vectors>...};
  }
  template <std::size_t... V>
  static constexpr std::array<std::array<Run, most_rows>, tile_vectors> table(
      std::index_sequence<V...>) {
    return {column<V + 1>(std::make_index_sequence<most_rows>{})...};
  }
  static constexpr auto all = table(std::make_index_sequence<tile_vectors>{});
};

/// Cuts `count` rows into as few tiles of at most `most` rows as there can be, of nearly equal height:
/// tile i has the rows [begin(i), begin(i + 1)).
class RowTiles {
 public:
  RowTiles(std::size_t count, std::size_t most)
      : tiles_{(count + most - 1) / most},
        height_{tiles_ == 0 ? 0 : count / tiles_},
        higher_{count - tiles_ * height_} {}
  std::size_t size() const { return tiles_; }
  std::size_t begin(std::size_t i) const { return i * height_ + (i < higher_ ? i : higher_); }
  std::size_t height(std::size_t i) const { return height_ + (i < higher_ ? 1 : 0); }

 private:
  std::size_t tiles_, height_, higher_;  // the first `higher_` tiles have a row more
};

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
