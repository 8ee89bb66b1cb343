// SPDX-License-Identifier: MIT
// Blocks of products by tiles: registers of 16 rows of 64 bytes, of which an instruction multiplies two and adds what
// it gets to a third. `Tiles` has what a processor does with them, as functions.
#pragma once

#include "kernels/half_unit.hpp"

namespace xtape::inline XTAPE_ABI::kernels {

/// What the tiles are, as Intel lays it out: the same for all blocks, as factors are filled up.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
inline constexpr TileConfiguration tile_configuration;

/// Sums of 16 x 16 in tiles 0 to 3, those of a row of them beside each other; two parts of each factor in 4 and 5, 6
/// and 7.
template <class Tiles, bool Lower, bool Right>
void multiply_tiles(const HalfBlock& x, float* sums) {
  constexpr std::size_t side = 16;
  Tiles::template zero<0>();
  if constexpr (Right) Tiles::template zero<1>();
  if constexpr (Lower) Tiles::template zero<2>();
  if constexpr (Lower && Right) Tiles::template zero<3>();
  const HalfPair* b = x.b;
  for (const std::size_t part : x.parts) {
    const Half* a = x.a + part;
    for (std::size_t step = 0; step < x.steps; ++step, a += x.a_step, b += half_step / 2) {
      Tiles::template load<4>(a, x.a_row * sizeof(Half));
      Tiles::template load<6>(b, half_side * sizeof(HalfPair));
      Tiles::template multiply_add<0, 4, 6>();
      if constexpr (Right) {
        Tiles::template load<7>(b + side, half_side * sizeof(HalfPair));
        Tiles::template multiply_add<1, 4, 7>();
      }
      if constexpr (Lower) {
        Tiles::template load<5>(a + side * x.a_row, x.a_row * sizeof(Half));
        Tiles::template multiply_add<2, 5, 6>();
      }
      if constexpr (Lower && Right) Tiles::template multiply_add<3, 5, 7>();
    }
  }
  constexpr std::size_t row = half_side * sizeof(float);
  Tiles::template store<0>(sums, row);
  if constexpr (Right) Tiles::template store<1>(sums + side, row);
  if constexpr (Lower) Tiles::template store<2>(sums + side * half_side, row);
  if constexpr (Lower && Right) Tiles::template store<3>(sums + side * half_side + side, row);
}

template <class Tiles>
HalfUnit unit_of_tiles(const char* name) {
  return {.name = name,
          .speedup = 16,
          .rows = 16,
          .begin = [] { Tiles::configure(tile_configuration); },
          .end = [] { Tiles::release(); },
          .multiply =
              [](const HalfBlock& x, float* sums) {
                const bool lower = x.rows > 16, right = x.columns > 16;
                const auto multiply = lower   ? right ? multiply_tiles<Tiles, true, true>
                                                      : multiply_tiles<Tiles, true, false>
                                        : right ? multiply_tiles<Tiles, false, true>
                                              : multiply_tiles<Tiles, false, false>;
                multiply(x, sums);
              }};
}

}  // namespace xtape::inline XTAPE_ABI::kernels
