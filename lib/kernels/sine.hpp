// SPDX-License-Identifier: MIT
// Sine and cosine.
#pragma once

#include "kernels/power.hpp"
#include "kernels/wide.hpp"

#include <cmath>
#include <numbers>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// The series of sine, where `First` is 1, or cosine, where it is 0, in x^2, without the factor x of the former: as
/// many terms as are needed for |x| up to pi / 4.
template <std::size_t First>
struct SineSeries {
  static constexpr std::size_t count = sizeof(Scalar) == sizeof(float) ? 5 : 9;
  Scalar terms[count];

  constexpr SineSeries() : terms{} {
    double term = 1;
    for (std::size_t i = 0, n = First; i < count; ++i, n += 2) {
      terms[i] = static_cast<Scalar>(term);
      term /= -static_cast<double>((n + 1) * (n + 2));
    }
  }
  Vec operator()(Vec square) const {
    Vec y = splat(terms[count - 1]);
    for (std::size_t i = count - 1; i-- > 0;) y = y * square + terms[i];
    return y;
  }
};

/// A number as a whole number of quarter turns, pi / 2, and the rest, which is at most half of one.
struct Turned {
  IntVec quarters;
  Vec rest;
};
/// Of |x| below 1e5.
[[gnu::always_inline]] inline Turned turned(Vec x) {
#if defined(XTAPE_DOUBLE) || !defined(__FP_FAST_FMAF)
  // pi / 2 in three parts, of which the first two have so few digits that their products with `turns` are exact
  // (fdlibm, e_rem_pio2.c).
  constexpr double first = 0x1.921fb544p+0, second = 0x1.0b4611a6p-34,
                   third = 0x1.3198a2e037073p-69;
  constexpr double rounding = 0x1.8p52;  // added and taken away, it leaves an integer
  const WideVec wide = widen(x);
  const WideVec turns = (wide * (2 * std::numbers::inv_pi) + rounding) - rounding;
  return {__builtin_convertvector(narrow(turns), IntVec),
          narrow(wide - turns * first - turns * second - turns * third)};
#else
  // pi / 2 in three floats: what is left of x after the first is exact, and after the others rounded once each.
  constexpr float first = 0x1.921fb6p+0F, second = -0x1.777a5cp-25F, third = -0x1.ee59dap-50F;
  const Vec whole = fused(x, splat(2 * std::numbers::inv_pi_v<float>), splat(to_whole));
  const Vec turns = whole - to_whole;
  const Vec most = fused(turns, splat(-first), x), more = fused(turns, splat(-second), most);
  return {IntVec(whole), fused(turns, splat(-third), more)};
#endif
}

/// sin(x + quarters pi / 2), where that is sine (0) or cosine (1).
inline Vec sine(Vec x, Integer quarters) {
  static constexpr SineSeries<1> sine_series;
  static constexpr SineSeries<0> cosine_series;
  const auto near = xsimd::abs(as_batch(x)) < Batch(Scalar{1e5});
  const Turned t = turned(x);
  const IntVec quarter = t.quarters + quarters;
  const Vec r = t.rest, square = r * r;
  const Vec y = (quarter & 1) != 0 ? cosine_series(square) : r * sine_series(square);
  const auto one = [=](Wide a) {
    return quarters == 0 ? std::sin(static_cast<double>(a)) : std::cos(static_cast<double>(a));
  };
  return or_one_by_one((quarter & 2) != 0 ? -y : y, near, one, x);
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
