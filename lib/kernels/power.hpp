// SPDX-License-Identifier: MIT
// Powers, and the derivatives of powers and quotients, in a wider type than Scalar: where they fit into a Scalar,
// the squares and powers on the way fit into that.
#pragma once

#include "kernels/math.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// What powers are computed in.
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

#if defined(XTAPE_DOUBLE)

// There are no vectors of long double.
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

/// Half a vector, and its elements in double, with integers beside them.
using Half [[gnu::vector_size(vector_bytes / 2)]] = float;
using Double [[gnu::vector_size(vector_bytes)]] = double;
using Long [[gnu::vector_size(vector_bytes)]] = std::int64_t;

/// g++ would convert them in smaller parts.
inline Double widen(Half h) {
#if defined(__AVX512F__)
  return Double(_mm512_cvtps_pd(__m256(h)));
#else
  return __builtin_convertvector(h, Double);
#endif
}
inline Half narrow(Double d) {
#if defined(__AVX512F__)
  return Half(_mm512_cvtpd_ps(__m512d(d)));
#else
  return __builtin_convertvector(d, Half);
#endif
}

/// The polynomial with these coefficients, the constant first.
template <std::size_t Count>
[[gnu::always_inline]] inline Double polynomial(const double (&coefficients)[Count], Double x) {
  Double y = Double{} + coefficients[Count - 1];
  for (std::size_t i = Count - 1; i-- > 0;) y = y * x + coefficients[i];
  return y;
}

// Adding it rounds to an integer, which is then in the lowest bits.
inline constexpr double to_integer = 0x1.8p52;
inline constexpr auto to_integer_bits = std::bit_cast<std::int64_t>(to_integer);

/// The logarithm to base 2 of normal numbers above 0, to 2^-46: x is 2^k m with m near 1, whose logarithm is
/// 2 atanh((m - 1) / (m + 1)). The polynomials here are least squares at the points of Chebyshev.
[[gnu::always_inline]] inline Double log2_of(Double x) {
  static constexpr double atanh[] = {2.8853900817778504,  0.9617966941131497, 0.5770779424119531,
                                     0.41220924817994287, 0.3199058517337757, 0.2828981565621157};
  constexpr auto root_half = std::bit_cast<std::int64_t>(0.70710678118654752440);
  const Long bits = Long(x), k = (bits - root_half) >> 52;
  const Double m = Double(bits - (k << 52)), s = (m - 1) / (m + 1);
  return s * polynomial(atanh, s * s) + (Double(k + to_integer_bits) - to_integer);
}

/// 2^x to 6e-11 of it; what is beyond 2^1000 is that.
[[gnu::always_inline]] inline Double exp2_of(Double x) {
  static constexpr double near[] = {
      0.9999999999595485,   0.6931471805459267,   0.24022651213595325,  0.05550410941227568,
      0.009618025602939187, 0.001333345055050472, 0.000154697319845809, 1.5310083472286352e-05};
  x = x < -1000 ? Double{} - 1000 : x > 1000 ? Double{} + 1000 : x;
  const Double shifted = x + to_integer, rest = x - (shifted - to_integer);
  return Double(Long(polynomial(near, rest)) + (Long(shifted) << 52));
}

/// f of the elements in double.
template <class F, std::size_t... I, class... Vecs>
[[gnu::always_inline]] inline Vec in_double(std::index_sequence<I...>, F f, Vecs... x) {
  const Half low = narrow(f(widen(__builtin_shufflevector(x, x, I...))...));
  const Half high = narrow(f(widen(__builtin_shufflevector(x, x, (lanes / 2 + I)...))...));
  return __builtin_shufflevector(low, high, I..., (lanes / 2 + I)...);
}
template <class F, class... Vecs>
[[gnu::always_inline]] inline Vec in_double(F f, Vecs... x) {
  return in_double(std::make_index_sequence<lanes / 2>{}, f, x...);
}

/// The lanes in which the logarithm is that of a normal number above 0, and the exponent is finite.
inline auto are_plain(Vec a, Vec b) {
  using Limits = std::numeric_limits<float>;
  const Batch x = as_batch(a), y = as_batch(b);
  return x >= Batch(Limits::min()) && x <= Batch(Limits::max()) &&
         xsimd::abs(y) <= Batch(Limits::max());
}

/// y where it is plain, else the function for one element.
template <class Mask, class F, class... Vecs>
[[gnu::always_inline]] inline Vec or_one_by_one(Vec y, Mask plain, F f, Vecs... x) {
  if (xsimd::all(plain)) return y;
  const Vec done = as_vec(xsimd::select(plain, Batch(1), Batch(0)));
  return patched(y, done != 0, f, x...);
}

inline Vec power(Vec a, Vec b) {
  const auto f = [](Double x, Double y) { return exp2_of(y * log2_of(x)); };
  return or_one_by_one(in_double(f, a, b), are_plain(a, b), one::power, a, b);
}
inline Vec power_slope(Vec g, Vec a, Vec b) {
  const auto f = [](Double d, Double x, Double y) { return d * y * exp2_of((y - 1) * log2_of(x)); };
  return or_one_by_one(in_double(f, g, a, b), are_plain(a, b), one::power_slope, g, a, b);
}
inline Vec exponent_slope(Vec g, Vec a, Vec b) {
  const auto f = [](Double d, Double x, Double y) {
    const Double log2 = log2_of(x);
    return d * exp2_of(y * log2) * (log2 * 0.69314718055994530942);
  };
  return or_one_by_one(in_double(f, g, a, b), are_plain(a, b), one::exponent_slope, g, a, b);
}

/// -(g / b) * (a / b), where neither quotient is so large or small that their product is not exact.
inline Vec quotient_slope(Vec g, Vec a, Vec b) {
  const Batch r = Batch(1) / as_batch(b), p = as_batch(g) * r, q = as_batch(a) * r;
  const auto is_plain = [](Batch x) {
    const Batch size = xsimd::abs(x);
    return size >= Batch(0x1p-60F) && size <= Batch(0x1p60F);
  };
  const auto is_zero = [](Vec x) { return as_batch(x) == Batch(0); };
  const auto plain = is_plain(r) && (is_plain(p) || is_zero(g)) && (is_plain(q) || is_zero(a));
  return or_one_by_one(as_vec(-(p * q)), plain, one::quotient_slope, g, a, b);
}

#endif

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
