// SPDX-License-Identifier: MIT
// Rounding to bf16, and pairs of its numbers in vectors, of which factors are made.
#pragma once

#include "kernels/half.hpp"
#include "kernels/simd.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// Floats, or pairs of halves, per vector.
inline constexpr std::size_t half_lanes = vector_bytes / sizeof(float);

using Floats [[gnu::vector_size(vector_bytes)]] = float;
using Pairs [[gnu::vector_size(vector_bytes)]] = HalfPair;
using Halves [[gnu::vector_size(vector_bytes / 2)]] = Half;

/// The first `count` elements, or a whole vector if there are more, and zeros.
inline Floats load_floats(const Scalar* from, std::size_t count) {
  using Scalars [[gnu::vector_size(half_lanes * sizeof(Scalar))]] = Scalar;
  if (count >= half_lanes) {
    Scalars v;
    std::memcpy(&v, from, sizeof v);
    return __builtin_convertvector(v, Floats);
  }
  Scalars v{};
  for (std::size_t i = 0; i < count; ++i) v[i] = from[i];
  return __builtin_convertvector(v, Floats);
}

/// To the nearest bf16, of two the even one, in the upper halves of what is returned. A NaN stays one.
inline Pairs rounded(Floats x) {
  const Pairs bits = Pairs(x), nearest = bits + 0x7fff + (bits >> 16 & 1), quiet = bits | 0x400000;
  return x == x ? nearest : quiet;
}
inline Halves halves_of(Floats x) { return __builtin_convertvector(rounded(x) >> 16, Halves); }

/// A matrix whose lines have the depth: pairs are of neighbours in a line.
struct PairsAlong {
  const Scalar* data;
  std::size_t stride, lines, depth;

  /// From a pair of a line on; zeros beyond the matrix.
  Pairs at(std::size_t line, std::size_t pair) const {
    if (line >= lines || 2 * pair >= depth) return Pairs{};
    const Scalar* const from = data + line * stride + 2 * pair;
    const std::size_t count = depth - 2 * pair;
    const Halves both[] = {halves_of(load_floats(from, count)),
                           count <= half_lanes
                               ? Halves{}
                               : halves_of(load_floats(from + half_lanes, count - half_lanes))};
    Pairs pairs;
    std::memcpy(&pairs, both, sizeof pairs);
    return pairs;
  }
};

/// One whose lines are across the depth: pairs are of two lines.
struct PairsAcross {
  const Scalar* data;
  std::size_t stride, width, depth;

  /// From a column of two lines on; zeros beyond the matrix.
  Pairs at(std::size_t line, std::size_t column) const {
    if (2 * line >= depth || column >= width) return Pairs{};
    const Scalar* const from = data + 2 * line * stride + column;
    const std::size_t count = width - column;
    const Pairs low = rounded(load_floats(from, count)) >> 16;
    if (2 * line + 1 == depth) return low;
    return low | (rounded(load_floats(from + stride, count)) & 0xffff0000);
  }
};

/// Writes lines of so many pairs to where they are `to_stride` apart.
template <class From>
void copy_pairs(const From& from, std::size_t line, std::size_t lines, std::size_t pair,
                std::size_t pairs, Half* to, std::size_t to_stride) {
  for (std::size_t i = 0; i < lines; ++i)
    for (std::size_t j = 0; j < pairs; j += half_lanes) {
      const Pairs x = from.at(line + i, pair + j);
      std::memcpy(to + i * to_stride + 2 * j, &x, sizeof x);
    }
}

/// The same, with lines as columns of what is written: as many rows as there are pairs.
template <class From>
void transpose_pairs(const From& from, std::size_t line, std::size_t lines, std::size_t pair,
                     std::size_t pairs, Half* to, std::size_t to_stride) {
  for (std::size_t i = 0; i < lines; i += half_lanes)
    for (std::size_t j = 0; j < pairs; j += half_lanes) {
      Pairs square[half_lanes];
      for (std::size_t k = 0; k < half_lanes; ++k) square[k] = from.at(line + i + k, pair + j);
      transpose(square);
      for (std::size_t k = 0; k < half_lanes; ++k)
        std::memcpy(to + (j + k) * to_stride + 2 * i, &square[k], sizeof square[k]);
    }
}

/// See HalfKernels.
inline void pack_left(std::size_t rows, std::size_t depth, Factor a, Half* to, HalfSteps place) {
  for (std::size_t step = 0; step < half_steps(depth); ++step, to += place.step)
    if (a.transposed)
      transpose_pairs(PairsAcross{a.data, a.stride, rows, depth}, step * half_depth / 2,
                      half_depth / 2, 0, (rows + 31) / 32 * 32, to, place.row);
    else
      copy_pairs(PairsAlong{a.data, a.stride, rows, depth}, 0, rows, step * half_depth / 2,
                 half_depth / 2, to, place.row);
}

/// See HalfKernels.
inline void pack_right(std::size_t depth, std::size_t columns, Factor b, HalfPair* to,
                       std::size_t panel) {
  Half* const halves = reinterpret_cast<Half*>(to);
  const std::size_t lines = half_steps(depth) * half_depth / 2, row = 2 * half_side;
  const PairsAlong along{b.data, b.stride, columns, depth};
  const PairsAcross across{b.data, b.stride, columns, depth};
  if (b.transposed) {
    for (std::size_t c = 0; c < columns; c += half_side)
      transpose_pairs(along, c, half_side, 0, lines, halves + c / half_side * 2 * panel, row);
  } else {
    for (std::size_t i = 0; i < lines; ++i)  // whole lines, as parts of them would come late
      for (std::size_t c = 0; c < columns; c += half_side)
        copy_pairs(across, i, 1, c, half_side, halves + c / half_side * 2 * panel + i * row, row);
  }
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
