// SPDX-License-Identifier: MIT
// Powers, and the derivatives of powers and quotients, in a wider type than Scalar: where they fit into a Scalar,
// the squares and powers on the way fit into that.
#pragma once

#include "kernels/math.hpp"
#include "kernels/wide.hpp"

#include <cmath>
#include <limits>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

#if defined(XTAPE_DOUBLE)

// There are no vectors of long double.
template <class F, class... Vecs>
inline Vec each_lane(F f, Vecs... x) {
  Vec y;
  for (std::size_t i = 0; i < lanes; ++i) y[i] = static_cast<Scalar>(f(x[i]...));
  return y;
}

inline Vec power(Vec a, Vec b) {
  return each_lane([](double x, double y) { return std::pow(x, y); }, a, b);
}
inline Vec quotient_slope(Vec g, Vec a, Vec b) {
  return each_lane([](long double d, long double x, long double y) { return -d * x / (y * y); }, g,
                   a, b);
}
inline Vec power_slope(Vec g, Vec a, Vec b) {
  return each_lane([](long double d, long double x,
                      long double y) { return y == 0 ? 0 : d * y * std::pow(x, y - 1); },
                   g, a, b);
}
inline Vec exponent_slope(Vec g, Vec a, Vec b) {
  return each_lane([](long double d, long double x,
                      long double y) { return x == 0 ? 0 : d * std::pow(x, y) * std::log(x); },
                   g, a, b);
}

#else

using WideBatch = xsimd::batch<double>;

// f of the elements in double.
template <class F, class... Vecs>
[[gnu::always_inline]] inline Vec in_double(F f, Vecs... x) {
  constexpr std::size_t width = sizeof(WideBatch) / sizeof(double);
  double y[lanes];
  const auto part = [](WideVec v, std::size_t i) {
    return WideBatch::load_unaligned(reinterpret_cast<const double*>(&v) + i);
  };
  for (std::size_t i = 0; i < lanes; i += width) f(part(widen(x), i)...).store_unaligned(y + i);
  WideVec all;
  std::memcpy(&all, y, sizeof y);
  return __builtin_convertvector(all, Vec);
}

// x^y as IEEE 754 has it.
inline WideBatch wide_power(WideBatch x, WideBatch y) {
  const WideBatch one(1.0), infinity(std::numeric_limits<double>::infinity());
  const WideBatch size = xsimd::abs(x), half = y * 0.5;
  const auto negative = xsimd::copysign(one, x) < WideBatch(0.0);
  const auto whole = xsimd::trunc(y) == y, odd = whole && xsimd::trunc(half) != half;
  WideBatch z = xsimd::exp(y * xsimd::log(size));
  z = xsimd::select(negative && odd, -z, z);
  z = xsimd::select(x < WideBatch(0.0) && !whole && size < infinity,
                    WideBatch(std::numeric_limits<double>::quiet_NaN()), z);
  const auto certain =
      y == WideBatch(0.0) || x == one || (size == one && xsimd::abs(y) == infinity);
  return xsimd::select(certain, one, z);
}

inline Vec power(Vec a, Vec b) { return in_double(wide_power, a, b); }
inline Vec quotient_slope(Vec g, Vec a, Vec b) {
  return in_double([](auto d, auto x, auto y) { return -(d * x) / (y * y); }, g, a, b);
}
inline Vec power_slope(Vec g, Vec a, Vec b) {
  return in_double(
      [](auto d, auto x, auto y) {
        const WideBatch zero(0.0);
        return xsimd::select(y == zero, zero, d * y * wide_power(x, y - 1.0));
      },
      g, a, b);
}
inline Vec exponent_slope(Vec g, Vec a, Vec b) {
  return in_double(
      [](auto d, auto x, auto y) {
        const WideBatch zero(0.0);
        return xsimd::select(x == zero, zero, d * wide_power(x, y) * xsimd::log(x));
      },
      g, a, b);
}

#endif

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
