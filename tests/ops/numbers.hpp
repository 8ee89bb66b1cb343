// SPDX-License-Identifier: MIT
// Inputs for finite differences.
#pragma once

#include <xtape/array.hpp>
#include <xtape/random.hpp>

#include <cstdint>
#include <vector>

namespace test {

using namespace xtape;

// Numbers in +-[low, high], whatever the shape: away from the kinks at 0, and all different.
inline Array numbers(const Shape& shape, double low = 0.2, double high = 1.5,
                     bool positive = false) {
  static Rng rng{2024};
  Array a = uninitialized(shape);
  for (Scalar& x : a.storage()) {
    x = static_cast<Scalar>(low + (high - low) * rng.uniform());
    if (!positive && rng() % 2 == 0) x = -x;
  }
  return a;
}
// Numbers in any order, of which no two are so close that a step of finite differences makes another the maximum.
inline Array apart(const Shape& shape) {
  static Rng rng{7};
  Array a = uninitialized(shape);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::size_t j = rng() % (i + 1);
    a.data()[i] = a.data()[j];
    a.data()[j] = static_cast<Scalar>(0.1 * static_cast<double>(i) - 2.03);
  }
  return a;
}
inline Array positive(const Shape& shape) { return numbers(shape, 0.3, 2, true); }

// Of three samples with three classes.
inline const std::vector<std::int32_t> labels{2, 0, 1};

}  // namespace test
