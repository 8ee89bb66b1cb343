// SPDX-License-Identifier: MIT
// What kinds of normalisation share: sums, what they tell of a group, and how its gradient follows from them.
#pragma once

#include "kernels/wide.hpp"

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// Terms of two sums that are taken together.
struct Terms {
  Vec first, second;
  Terms operator+(const Terms& other) const { return {first + other.first, second + other.second}; }
};
struct Sums {
  double first, second;
};

/// The elements that there are, `left` of them; 0 in the other lanes.
inline Vec inside(Vec v, AllLanes, std::size_t) { return v; }
inline Vec inside(Vec v, Lanes, std::size_t left) {
  return lane_numbers < IntVec{} + static_cast<Integer>(left) ? v : Vec{};
}

inline Scalar or_zero(const Scalar* x, std::size_t i) { return x != nullptr ? x[i] : Scalar{0}; }
template <class Part>
Vec load_or_zero(const Scalar* x, std::size_t i, Part part) {
  return x != nullptr ? load(x + i, part) : Vec{};
}

struct Moments {
  Scalar mean, variance;
};
/// By the sums of differences to `shift` and of their squares.
inline Moments moments_of(Sums sums, std::size_t count, Scalar shift) {
  const auto n = static_cast<double>(count);
  const double offset = sums.first / n, square = (sums.second - sums.first * offset) / n;
  return {static_cast<Scalar>(static_cast<double>(shift) + offset),
          static_cast<Scalar>(square < 0 ? 0 : square)};  // by rounding; a NaN stays one
}

/// The gradient of an element is inverse * gamma * g + slope * (x - mean) + offset.
struct Line {
  Scalar slope, offset;
};
/// For the sums of gamma * g and of gamma * g * (x - mean).
inline Line line_of(Sums sums, std::size_t count, Scalar inverse, bool fixed, bool centred) {
  if (fixed) return {0, 0};
  const auto k = static_cast<double>(inverse), n = static_cast<double>(count);
  return {static_cast<Scalar>(-k * k * k * sums.second / n),
          centred ? static_cast<Scalar>(-k * sums.first / n) : Scalar{0}};
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
