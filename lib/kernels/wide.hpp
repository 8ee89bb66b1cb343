// SPDX-License-Identifier: MIT
// Sums of many terms, in double: of floats they are then exact enough for any number.
#pragma once

#include "kernels/simd.hpp"

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// As many terms may be added in Scalar: the sum is a few epsilon off, and in less time.
inline constexpr std::size_t few_terms = 64;

#if defined(XTAPE_DOUBLE)
/// The elements of a Vec in double.
using WideVec = Vec;
inline WideVec widen(Vec v) { return v; }
inline Vec narrow(WideVec v) { return v; }
#else
using HalfVec [[gnu::vector_size(vector_bytes / 2)]] = float;
using DoubleVec [[gnu::vector_size(vector_bytes)]] = double;

/// The elements of a Vec in double, the first half of them and the second: a vector of twice the width of the
/// registers would be in memory all the time.
struct WideVec {
  DoubleVec low, high;

  WideVec() = default;
  WideVec(DoubleVec first, DoubleVec second) : low{first}, high{second} {}
  /// The same number in all lanes.
  WideVec(double x) : low{DoubleVec{} + x}, high{DoubleVec{} + x} {}

  friend WideVec operator+(WideVec a, WideVec b) { return {a.low + b.low, a.high + b.high}; }
  friend WideVec operator-(WideVec a, WideVec b) { return {a.low - b.low, a.high - b.high}; }
  friend WideVec operator*(WideVec a, WideVec b) { return {a.low * b.low, a.high * b.high}; }
  WideVec& operator+=(WideVec other) { return *this = *this + other; }
  double operator[](std::size_t i) const { return i < lanes / 2 ? low[i] : high[i - lanes / 2]; }
};

#if defined(__AVX512F__)    // g++ converts a quarter at a time
inline DoubleVec doubles(HalfVec v) { return DoubleVec(_mm512_cvtps_pd(__m256(v))); }
inline HalfVec floats(DoubleVec v) { return HalfVec(_mm512_cvtpd_ps(__m512d(v))); }
#elif defined(__aarch64__)  // and here element by element
inline DoubleVec doubles(HalfVec v) { return DoubleVec(vcvt_f64_f32(float32x2_t(v))); }
inline HalfVec floats(DoubleVec v) { return HalfVec(vcvt_f32_f64(float64x2_t(v))); }
#else
inline DoubleVec doubles(HalfVec v) { return __builtin_convertvector(v, DoubleVec); }
inline HalfVec floats(DoubleVec v) { return __builtin_convertvector(v, HalfVec); }
#endif

template <std::size_t... I>
WideVec widen(Vec v, std::index_sequence<I...>) {
  return {doubles(__builtin_shufflevector(v, v, I...)),
          doubles(__builtin_shufflevector(v, v, (I + lanes / 2)...))};
}
inline WideVec widen(Vec v) { return widen(v, std::make_index_sequence<lanes / 2>{}); }

template <std::size_t... I>
Vec narrow(WideVec v, std::index_sequence<I...>) {
  return __builtin_shufflevector(floats(v.low), floats(v.high), I...);
}
/// The elements, rounded.
inline Vec narrow(WideVec v) { return narrow(v, std::make_index_sequence<lanes>{}); }
#endif

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
