// SPDX-License-Identifier: MIT
// What several suites need: arrays to test with, and their elements as plain numbers.
#pragma once

#include <xtape/array.hpp>
#include <xtape/random.hpp>

#include <cmath>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace test {

using namespace xtape;

inline constexpr bool is_double = sizeof(Scalar) == 8;
inline constexpr double epsilon = std::numeric_limits<Scalar>::epsilon();
inline constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();
inline constexpr Scalar not_a_number = std::numeric_limits<Scalar>::quiet_NaN();

/// An array of the given elements.
inline Array array(const Shape& shape, std::initializer_list<double> elements) {
  Array a = zeros(shape);
  std::size_t i = 0;
  for (double x : elements) a.data()[i++] = static_cast<Scalar>(x);
  return a;
}

/// An array of numbers in [low, high), the same for equal seeds.
inline Array random(const Shape& shape, double low = -1, double high = 1, std::uint64_t seed = 7) {
  Rng rng{seed};
  Array a = uninitialized(shape);
  for (Scalar& x : a.storage()) x = static_cast<Scalar>(low + (high - low) * rng.uniform());
  return a;
}

/// 0, 1, 2, ...
inline Array counting(const Shape& shape) {
  Array a = uninitialized(shape);
  for (std::size_t i = 0; i < a.size(); ++i) a.data()[i] = static_cast<Scalar>(i);
  return a;
}

inline std::vector<double> elements(const Array& a) {
  return std::vector<double>(a.data(), a.data() + a.size());
}

inline double sum_of(const Array& a) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a.data()[i]);
  return sum;
}

/// Equal in shape and in every bit.
inline bool same_bits(const Array& a, const Array& b) {
  const std::size_t bytes = a.size() * sizeof(Scalar);
  return a.shape() == b.shape() && (bytes == 0 || std::memcmp(a.data(), b.data(), bytes) == 0);
}

/// Equal, both NaN, or within `tolerance` times the larger of 1 and |b|.
inline bool close(double a, double b, double tolerance) {
  return a == b || (std::isnan(a) && std::isnan(b)) ||
         std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
}

/// Where two arrays differ, or nothing where all elements are close.
inline std::string difference(const Array& a, const Shape& shape, std::span<const double> expected,
                              double tolerance) {
  if (a.shape() != shape) return "shape " + to_string(a.shape()) + ", expected " + to_string(shape);
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!close(static_cast<double>(a.data()[i]), expected[i], tolerance))
      return "element " + std::to_string(i) + " is " + std::to_string(a.data()[i]) + ", expected " +
             std::to_string(expected[i]);
  return {};
}

}  // namespace test
