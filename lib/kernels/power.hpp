// SPDX-License-Identifier: MIT
// Powers, and the derivatives of powers and quotients. Where they fit into a Scalar, nothing on the way leaves its
// range: powers are floats with an exponent beside them, and single elements are computed in a wider type.
#pragma once

#include "kernels/exponential.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// What single elements are computed in.
using Wide = std::conditional_t<sizeof(Scalar) == sizeof(float), double, long double>;

/// The functions for one element. Those of vectors fall back on them where there is no other way.
namespace one {
inline Wide power(Wide x, Wide y) { return std::pow(x, y); }
inline Wide quotient_slope(Wide g, Wide x, Wide y) { return -g * x / (y * y); }
inline Wide power_slope(Wide g, Wide x, Wide y) { return y == 0 ? 0 : g * y * std::pow(x, y - 1); }
inline Wide exponent_slope(Wide g, Wide x, Wide y) {
  return x == 0 ? 0 : g * std::pow(x, y) * std::log(x);
}
}  // namespace one

/// y, but f of the other vectors in the lanes that are not `done`.
template <class F, class... Vecs>
[[gnu::noinline]] Vec patched(Vec y, IntVec done, F f, Vecs... x) {
  for (std::size_t i = 0; i < lanes; ++i)
    if (done[i] == 0) y[i] = static_cast<Scalar>(f(static_cast<Wide>(x[i])...));
  return y;
}

/// y where it is plain, else the function for one element.
template <class Mask, class F, class... Vecs>
[[gnu::always_inline]] inline Vec or_one_by_one(Vec y, Mask plain, F f, Vecs... x) {
  if (xsimd::all(plain)) return y;
  const Vec done = as_vec(xsimd::select(plain, Batch(1), Batch(0)));
  return patched(y, done != 0, f, x...);
}

#if defined(XTAPE_DOUBLE) || !defined(__FP_FAST_FMAF)  // there are no vectors of long double

inline Vec power(Vec a, Vec b) {
  return patched(
      a, IntVec{}, [](Wide x, Wide y) { return std::pow(double(x), double(y)); }, a, b);
}
inline Vec quotient_slope(Vec g, Vec a, Vec b) {
  return patched(a, IntVec{}, one::quotient_slope, g, a, b);
}
inline Vec power_slope(Vec g, Vec a, Vec b) {
  return patched(a, IntVec{}, one::power_slope, g, a, b);
}
inline Vec exponent_slope(Vec g, Vec a, Vec b) {
  return patched(a, IntVec{}, one::exponent_slope, g, a, b);
}

#else

/// a b + c, rounded once. All that must be exact is written with it, so that the compiler, which may fuse others,
/// changes nothing.
inline Vec fused(Vec a, Vec b, Vec c) {
#if defined(__AVX512F__)
  return Vec(_mm512_fmadd_ps(__m512(a), __m512(b), __m512(c)));
#elif defined(__FMA__)
  return Vec(_mm256_fmadd_ps(__m256(a), __m256(b), __m256(c)));
#else
  for (std::size_t i = 0; i < lanes; ++i) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return c;
#endif
}

/// A number as a float and what that has rounded away.
struct Split {
  Vec high, low = {};
};
/// a + b, of which a is the larger.
inline Split sum(Vec a, Vec b) {
  const Vec high = a + b;
  return {high, (a - high) + b};
}
/// a b
inline Split product(Vec a, Vec b) {
  const Vec high = a * b;
  return {high, fused(a, b, -high)};
}

/// The polynomial with these coefficients, the constant first: least squares at the points of Chebyshev.
template <std::size_t Count>
[[gnu::always_inline]] inline Vec series(const float (&coefficients)[Count], Vec x) {
  Vec y = splat(coefficients[Count - 1]);
  for (std::size_t i = Count - 1; i-- > 0;) y = fused(y, x, splat(coefficients[i]));
  return y;
}

/// The logarithm to base 2 of normal numbers above 0, to 2^-30 of it: x is 2^k m with m near 1, whose logarithm is
/// 2 / log(2) atanh(s) with s = f / (2 + f) and f = m - 1.
[[gnu::always_inline]] inline Split log2_of(Vec x) {
  static constexpr float reciprocal[] = {0.49996004F, -0.25041962F, 0.12804262F, -0.056708243F};
  static constexpr float atanh[] = {0.9617967F, 0.5770798F, 0.4119007F, 0.3366005F};
  const Vec factor = splat(2.88539F), factor_low = splat(3.851926e-08F);  // 2 / log(2)
  const BitVec bits = BitVec(x);
  const IntVec k = exponent_of(bits);
  const Vec f = mantissa_of(bits, k) - 1, whole = __builtin_convertvector(k, Vec);
  const Vec near = series(reciprocal, f),
            inverse = fused(near, fused(-near, 2 + f, splat(1)), near);
  const Vec s = f * inverse, rest = inverse * fused(-s, f, fused(splat(-2), s, f));
  const Vec square = s * s, high = fused(factor, s, whole);
  const Vec low = fused(factor_low, s, square * s * series(atanh, square));
  return sum(high, fused(factor, s, whole - high) + fused(factor, rest, low));
}

/// A power of 2, as 2^n (1 + q) with a whole n.
struct Power {
  Vec n, q;

  /// 2^(a b), where that is from 2^-250 to 2^250; `rest` is what is to be added to the exponent.
  [[gnu::always_inline]] Power(Vec a, Vec b, Vec rest) {
    static constexpr float exp2[] = {0.6931472F,   0.2402265F,    0.05550357F,
                                     0.009618057F, 0.0013390867F, 0.00015461448F};
    n = fused(a, b, splat(to_whole)) - to_whole;
    rest += fused(a, b, -n);
    q = rest * series(exp2, rest);
  }
  /// The power.
  [[gnu::always_inline]] Vec value() const { return scaled(1 + q, n); }
  /// The power times a number.
  [[gnu::always_inline]] Vec times(Split x) const {
    return scaled(x.high + fused(x.high, q, x.low), n);
  }
};

/// Where numbers are neither so large nor so small that their product with another is not exact.
inline auto are_mean(Batch x) {
  const Batch size = xsimd::abs(x);
  return size >= Batch(0x1p-60F) && size <= Batch(0x1p60F);
}
/// Where log2_of(x) is the logarithm, and its product with y no larger than a power may be.
inline auto are_plain(Vec x, Split log2, Vec y) {
  using Limits = std::numeric_limits<float>;
  const Batch a = as_batch(x);
  return a >= Batch(Limits::min()) && a <= Batch(Limits::max()) &&
         xsimd::abs(as_batch(log2.high * y)) <= Batch(250);
}
inline auto are_zero(Vec x) { return as_batch(x) == Batch(0); }

inline Vec power(Vec a, Vec b) {
  const Split log2 = log2_of(a);
  const Power power{log2.high, b, log2.low * b};
  return or_one_by_one(power.value(), are_plain(a, log2, b), one::power, a, b);
}
inline Vec power_slope(Vec g, Vec a, Vec b) {
  const Split log2 = log2_of(a), factor = product(g, b);
  const Vec less = b - 1, lost = b - (less + 1);
  const Power power{log2.high, less, fused(log2.high, lost, log2.low * less)};
  const auto plain =
      are_plain(a, log2, less) && (are_mean(as_batch(factor.high)) || are_zero(factor.high));
  return or_one_by_one(power.times(factor), plain, one::power_slope, g, a, b);
}
inline Vec exponent_slope(Vec g, Vec a, Vec b) {
  const Split log2 = log2_of(a);
  Split natural = product(g, splat(0.6931472F));  // g log(2)
  natural.low -= 1.9046542e-09F * g;
  Split factor = product(natural.high, log2.high);
  factor.low += fused(natural.high, log2.low, natural.low * log2.high);
  const Power power{log2.high, b, log2.low * b};
  const auto plain = are_plain(a, log2, b) && (are_mean(as_batch(g)) || are_zero(g));
  return or_one_by_one(power.times(factor), plain, one::exponent_slope, g, a, b);
}

/// -(g / b) * (a / b), where neither quotient is so large or small that their product is not exact.
inline Vec quotient_slope(Vec g, Vec a, Vec b) {
  const Batch r = Batch(1) / as_batch(b), p = as_batch(g) * r, q = as_batch(a) * r;
  const auto plain = are_mean(r) && (are_mean(p) || are_zero(g)) && (are_mean(q) || are_zero(a));
  return or_one_by_one(as_vec(-(p * q)), plain, one::quotient_slope, g, a, b);
}

#endif

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
