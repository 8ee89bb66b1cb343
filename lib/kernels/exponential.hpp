// SPDX-License-Identifier: MIT
// Exponentials, logarithms and what is made of them, a vector at a time. Polynomials and quotients of them have the
// least largest relative error that there is for so many terms, a part of an epsilon (Remez).
#pragma once

#include "kernels/math.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// The polynomial with these coefficients, the constant first.
template <std::size_t Count>
[[gnu::always_inline]] inline Vec polynomial(const Scalar (&coefficients)[Count], Vec x) {
  Vec y = splat(coefficients[Count - 1]);
  for (std::size_t i = Count - 1; i-- > 0;) y = y * x + coefficients[i];
  return y;
}

/// The nearest number of [-limit, limit]; NaN stays.
inline Vec within(Vec x, Scalar limit) { return at_most(splat(limit), at_least(splat(-limit), x)); }

#if defined(XTAPE_DOUBLE)

inline Vec exp_of(Vec x) { return as_vec(xsimd::exp(as_batch(x))); }
inline Vec log_of(Vec x) { return as_vec(xsimd::log(as_batch(x))); }
inline Vec log1p_of(Vec x) { return as_vec(xsimd::log1p(as_batch(x))); }
inline Vec log1p_up_to_1(Vec x) { return log1p_of(x); }
inline Vec tanh_of(Vec x) { return as_vec(xsimd::tanh(as_batch(x))); }

#else

/// Added to a number, it rounds that to a whole one, which is then in the lowest bits.
inline constexpr float to_whole = 0x1.8p23F;
/// x 2^n for a whole n from -250 to 250.
inline Vec scaled(Vec x, Vec n) {
#if defined(__AVX512F__)
  return Vec(_mm512_scalef_ps(__m512(x), __m512(n)));
#else
  const IntVec whole = IntVec(n + to_whole) - std::bit_cast<Integer>(to_whole), half = whole >> 1;
  return x * Vec((half + 127) << 23) * Vec((whole - half + 127) << 23);
#endif
}

/// log(2): first so few digits that a multiple by an exponent is exact, then what is left.
inline constexpr float log2_high = 0.693359375F, log2_low = -2.12194440e-4F;

/// e^x, which is 2^n e^r with a whole n and |r| up to log(2) / 2. Beyond the limits it is infinite or 0.
[[gnu::always_inline]] inline Vec exp_of(Vec x) {
  static constexpr float rest[] = {0.49999994F, 0.166665211F, 0.041668389F, 0.00836871658F,
                                   0.00138145988F};
  const Vec limited = at_most(splat(89), at_least(splat(-104), x));
  const Vec n = (limited * 1.44269504F + to_whole) - to_whole;
  const Vec r = (limited - n * log2_high) - n * log2_low;
  return scaled(1 + (r + r * r * polynomial(rest, r)), n);
}

/// The bits of numbers, whose differences may go around: of what is no normal number above 0 they mean nothing.
using BitVec [[gnu::vector_size(vector_bytes)]] = std::make_unsigned_t<Integer>;
/// What a normal number above 0 is 2^k times of, if the rest is to be from 1 / sqrt(2) to sqrt(2).
inline IntVec exponent_of(BitVec bits) {
  return IntVec(bits - std::bit_cast<std::uint32_t>(0.70710678F)) >> 23;
}
/// That rest, m.
inline Vec mantissa_of(BitVec bits, IntVec k) { return Vec(bits - (BitVec(k) << 23)); }
/// log(2^k (1 + f)) for such a rest, 1 + f.
[[gnu::always_inline]] inline Vec log_of(IntVec k, Vec f) {
  static constexpr float rest[] = {0.333339095F, -0.250013381F, 0.199630633F, -0.16577585F,
                                   0.149147689F, -0.142674878F, 0.0870043635F};
  const Vec n = __builtin_convertvector(k, Vec);
  return n * log2_high + (f + (f * f * (f * polynomial(rest, f) - 0.5F) + n * log2_low));
}

/// log(x), by xsimd where x is not a normal number above 0.
[[gnu::always_inline]] inline Vec log_of(Vec x) {
  using Limits = std::numeric_limits<float>;
  const BitVec bits = BitVec(x);
  const IntVec k = exponent_of(bits);
  const Vec y = log_of(k, mantissa_of(bits, k) - 1);
  const auto plain = as_batch(x) >= Batch(Limits::min()) && as_batch(x) <= Batch(Limits::max());
  if (xsimd::all(plain)) return y;
  return as_vec(xsimd::select(plain, as_batch(y), xsimd::log(as_batch(x))));
}

/// log(1 + x): 1 + x is 2^k m with m near 1; f is m - 1 with what 1 + x has rounded away: of large x nothing, for which
/// there is no 2^-k either.
[[gnu::always_inline]] inline Vec log1p_of(Vec x) {
  const Vec one_more = 1 + x;
  const BitVec bits = BitVec(one_more);
  const IntVec k = exponent_of(bits);
  const Vec scale = Vec((k < 127 ? 127 - k : IntVec{}) << 23);
  const Vec y = log_of(k, (mantissa_of(bits, k) - 1) + (x - (one_more - 1)) * scale);
  const Batch argument = as_batch(x), infinity(std::numeric_limits<float>::infinity());
  const auto plain = argument > Batch(-1) && argument < infinity;
  if (xsimd::all(plain)) return y;
  const Batch outside =
      xsimd::select(argument < infinity, xsimd::log(as_batch(one_more)), argument);
  return as_vec(xsimd::select(plain, as_batch(y), outside));
}
/// The same for x from 0 to 1: 2 atanh(s), and s is x / (2 + x).
[[gnu::always_inline]] inline Vec log1p_up_to_1(Vec x) {
  static constexpr float atanh[] = {2, 0.66666317F, 0.400249183F, 0.279604673F, 0.281790346F};
  const Vec s = x / (2 + x);
  return s * polynomial(atanh, s * s);
}

/// tanh(x), which is 1 from 9 on: x times a quotient of polynomials in x^2, which is larger than 1 / x there.
[[gnu::always_inline]] inline Vec tanh_of(Vec argument) {
  static constexpr float above[] = {1, 0.13340652F, 0.0034483464F, 1.98675625e-05F,
                                    1.24043806e-08F};
  static constexpr float below[] = {1, 0.466739625F, 0.025695309F, 0.000320984633F,
                                    7.37087305e-07F};
  const Vec x = within(argument, 9.6F), square = x * x;
  return within(x * polynomial(above, square) / polynomial(below, square), 1);
}

#endif

inline Vec sigmoid_of(Vec x) { return 1 / (1 + exp_of(-x)); }

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
