// SPDX-License-Identifier: MIT
#include "kernels/half.hpp"

#include "kernels/half_simd.hpp"

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// Sums go where they belong, or are added to what is there.
void put(const float* sums, std::size_t rows, std::size_t columns, bool add, Scalar* c,
         std::size_t stride) {
  for (std::size_t r = 0; r < rows; ++r, sums += half_side, c += stride)
    for (std::size_t i = 0; i < columns; ++i) c[i] = add ? c[i] + sums[i] : sums[i];
}

void product(const HalfUnit& unit, std::size_t m, std::size_t n, std::size_t steps,
             std::size_t taken, const Half* a, const HalfPair* b, bool add, Scalar* c,
             std::size_t stride) {
  constexpr std::size_t most = 16;  // steps of 32 rows of a that stay in the first-level cache
  constexpr std::size_t parts[] = {0};
  alignas(64) float sums[half_side * half_side];
  const HalfAtWork work{unit};
  std::size_t first = 0;
  do {  // once at least, as a sum of nothing is zero
    for (std::size_t row = 0; row < m; row += half_side)
      for (std::size_t column = 0; column < n; column += half_side) {
        const std::size_t height = std::min(half_side, m - row),
                          width = std::min(half_side, n - column);
        // The result, which may be far away, arrives while the sums are computed.
        for (std::size_t r = 0; r < height; ++r)
          for (std::size_t i = 0; i < width; i += 64 / sizeof(Scalar))
            __builtin_prefetch(c + (row + r) * stride + column + i, 1);
        unit.multiply({height, width, a + (row / half_side * steps + first) * half_step,
                       half_blocks.row, half_blocks.step, parts, std::min(most, taken - first),
                       b + (column / half_side * steps + first) * half_step / 2},
                      sums);
        put(sums, height, width, add || first > 0, c + row * stride + column, stride);
      }
    first += most;
  } while (first < taken);
}

}  // namespace

void fill(HalfKernels& k, Set) {
  k.pack_left = pack_left;
  k.pack_right = pack_right;
  k.product = product;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
