// SPDX-License-Identifier: MIT
// Products in half precision: factors are rounded to bf16, the upper half of a float, and their products are added up
// in float. What a processor has for that is a unit, which multiplies blocks of matrices; the kernels, half*.cpp, bring
// matrices into the form that units read, which is the same for all.
#pragma once

#include <xtape/config.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace xtape::inline XTAPE_ABI::kernels {

/// The bits of a bf16.
using Half = std::uint16_t;
/// Two that are neighbours along the depth, the first in the lower bits.
using HalfPair = std::uint32_t;

/// A block of a product has up to so many rows and columns, and takes so much of the depth in a step.
inline constexpr std::size_t half_side = 32, half_depth = 32;
/// Halves of either factor that a block reads in a step.
inline constexpr std::size_t half_step = half_side * half_depth;

/// How many blocks a side takes, and how many steps a depth.
[[gnu::always_inline]] constexpr std::size_t half_sides(std::size_t size) {
  return (size + half_side - 1) / half_side;
}
[[gnu::always_inline]] constexpr std::size_t half_steps(std::size_t depth) {
  return (depth + half_depth - 1) / half_depth;
}

/// A block of a product: a sum over parts, each of so many steps.
struct HalfBlock {
  std::size_t rows, columns;  ///< up to 32; up to the next 16 are read
  /// The left factor, of each part: its rows, `a_row` apart, of 32 halves for each step, `a_step` apart.
  const Half* a;
  std::size_t a_row, a_step;
  std::span<const std::size_t> parts;  ///< where they begin in a
  std::size_t steps;                   ///< of each part
  /// The right factor: for each step, one after the other, 16 rows of 32 pairs.
  const HalfPair* b;
};

struct HalfUnit {
  const char* name;
  /// Multiplications in the time of one in float, at best.
  std::size_t speedup;
  /// Rows of a block that take the time of one.
  std::size_t rows;
  /// Before and after products on this thread.
  void (*begin)();
  void (*end)();
  /// The product, in 32 rows of 32; what is beyond the block's rows and columns may be anything.
  void (*multiply)(const HalfBlock&, float* sums);
};

/// A unit at work on this thread.
class HalfAtWork {
 public:
  [[gnu::always_inline]] explicit HalfAtWork(const HalfUnit& unit) : unit_{unit} { unit.begin(); }
  HalfAtWork(const HalfAtWork&) = delete;
  HalfAtWork& operator=(const HalfAtWork&) = delete;
  [[gnu::always_inline]] ~HalfAtWork() { unit_.end(); }

 private:
  const HalfUnit& unit_;
};

/// Those of this machine, the best one last.
std::span<const HalfUnit> half_units();

/// The unit of ops that are recorded on this thread, or null where they compute in Scalar.
const HalfUnit* half_unit();

/// Chooses it, while it lives.
class HalfScope {
 public:
  explicit HalfScope(const HalfUnit* unit);
  HalfScope(const HalfScope&) = delete;
  HalfScope& operator=(const HalfScope&) = delete;
  ~HalfScope();

 private:
  const HalfUnit* before_;
};

}  // namespace xtape::inline XTAPE_ABI::kernels
