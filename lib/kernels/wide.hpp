// SPDX-License-Identifier: MIT
// Sums of many terms, in double: of floats they are then exact enough for any number.
#pragma once

#include "kernels/simd.hpp"

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// As many terms may be added in Scalar: the sum is a few epsilon off, and in less time.
inline constexpr std::size_t few_terms = 64;

/// The elements of a Vec in double.
using WideVec [[gnu::vector_size(lanes * sizeof(double))]] = double;
inline WideVec widen(Vec v) { return __builtin_convertvector(v, WideVec); }

/// The sum of `Count` numbers, a power of two of them, by pairs.
template <std::size_t Count>
double pairwise_sum(const double* x) {
  if constexpr (Count == 1)
    return *x;
  else
    return pairwise_sum<Count / 2>(x) + pairwise_sum<Count / 2>(x + Count / 2);
}
inline double sum_of(WideVec v) {
  double parts[lanes];
  std::memcpy(parts, &v, sizeof v);
  return pairwise_sum<lanes>(parts);
}

/// The sum of f(begin, lanes) over the vectors of `count` elements; f gives 0 beyond the lanes.
template <class F>
double sum_over(std::size_t count, F f) {
  WideVec sum{};
  for_each_vector(count, [&](std::size_t i, auto part) { sum += f(i, part); });
  return sum_of(sum);
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
