// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/config.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace xtape::inline XTAPE_ABI {

/// The number that 16 bits stand for in IEEE 754: a sign, 5 bits of an exponent, 10 of a fraction.
inline float from_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  float number = std::ldexp(static_cast<float>(exponent == 0 ? fraction : fraction + 1024),
                            std::max(exponent, 1) - 25);
  if (exponent == 31)
    number = fraction == 0 ? std::numeric_limits<float>::infinity()
                           : std::numeric_limits<float>::quiet_NaN();
  return bits >> 15 == 0 ? number : -number;
}

}  // namespace xtape::inline XTAPE_ABI
