// SPDX-License-Identifier: MIT
// Blocks of products by vectors of 16 sums, to which an instruction adds the products of 16 pairs with others. `Vectors`
// has what a processor does with them, as types and functions.
#pragma once

#include "kernels/half_unit.hpp"

#include <cstring>

namespace xtape::inline XTAPE_ABI::kernels {

/// So many rows that their sums fit into the registers, beside a row of b and a pair of a.
inline constexpr std::size_t vector_rows = 8;

/// The rows from a on of a block of so many vectors of columns.
template <class Vectors, std::size_t Columns>
void multiply_rows(const HalfBlock& x, const Half* a, float* sums) {
  using Sums = typename Vectors::Sums;
  constexpr std::size_t side = 16;
  Sums sum[vector_rows][Columns];
#pragma GCC unroll 8
  for (auto& row : sum)
#pragma GCC unroll 2
    for (Sums& one : row) one = Sums{};
  const HalfPair* b = x.b;
  for (const std::size_t part : x.parts)
    for (std::size_t step = 0; step < x.steps; ++step)
      for (std::size_t pair = 0; pair < half_depth / 2; ++pair, b += half_side) {
        const Half* const from = a + part + step * x.a_step + 2 * pair;
        typename Vectors::Pairs right[Columns];
#pragma GCC unroll 2
        for (std::size_t v = 0; v < Columns; ++v) right[v] = Vectors::load(b + v * side);
#pragma GCC unroll 8
        for (std::size_t r = 0; r < vector_rows; ++r) {
          HalfPair left;
          std::memcpy(&left, from + r * x.a_row, sizeof left);
#pragma GCC unroll 2
          for (std::size_t v = 0; v < Columns; ++v)
            sum[r][v] = Vectors::multiply_add(sum[r][v], Vectors::splat(left), right[v]);
        }
      }
#pragma GCC unroll 8
  for (std::size_t r = 0; r < vector_rows; ++r)
#pragma GCC unroll 2
    for (std::size_t v = 0; v < Columns; ++v)
      Vectors::store(sums + r * half_side + v * side, sum[r][v]);
}

template <class Vectors>
HalfUnit unit_of_vectors(const char* name) {
  return {.name = name,
          .speedup = 2,
          .rows = vector_rows,
          .begin = [] {},
          .end = [] {},
          .multiply =
              [](const HalfBlock& x, float* sums) {
                const auto multiply =
                    x.columns > 16 ? multiply_rows<Vectors, 2> : multiply_rows<Vectors, 1>;
                for (std::size_t r = 0; r < x.rows; r += vector_rows)
                  multiply(x, x.a + r * x.a_row, sums + r * half_side);
              }};
}

}  // namespace xtape::inline XTAPE_ABI::kernels
