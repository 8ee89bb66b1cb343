// SPDX-License-Identifier: MIT
/// \file
/// A counter-based random generator: its whole state is a seed and a position, so a run can be
/// repeated and resumed exactly, and no result depends on the number of threads.
#pragma once

#include <xtape/array.hpp>

#include <cstddef>
#include <cstdint>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

class StateList;

/// Draws random numbers from Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
/// 1, 2, 3", 2011). Equal seeds give equal numbers on every machine. It satisfies
/// std::uniform_random_bit_generator; one object is not to be used by two threads at once.
class Rng {
 public:
  using result_type = std::uint64_t;  ///< what a draw returns

  /// A generator at `position` of the stream that `seed` names.
  explicit Rng(std::uint64_t seed, std::uint64_t position = 0) noexcept
      : seed_{seed}, position_{position} {}

  /// The next 64 random bits.
  result_type operator()() noexcept;
  /// A number in [0, 1), with 53 random bits.
  double uniform() noexcept;
  /// A number from the normal distribution of mean 0 and variance 1 (Box and Muller, 1958).
  double normal() noexcept;
  /// An array of such numbers, drawn in the order of its elements: `rng.uniform({64, 2})`.
  Array uniform(const Shape& shape);
  /// An array of numbers from that normal distribution: noise, `rng.normal({64, 20})`.
  Array normal(const Shape& shape);
  /// A number in {0, ..., bound - 1}, each equally likely (Lemire, 2019). Needs `bound > 0`.
  std::size_t below(std::size_t bound) noexcept;

  std::uint64_t seed() const noexcept { return seed_; }           ///< as constructed
  std::uint64_t position() const noexcept { return position_; }   ///< draws so far
  void state(StateList& list);                                    ///< Lists seed and position.
  static constexpr result_type min() { return 0; }                ///< the smallest draw
  static constexpr result_type max() { return ~result_type{0}; }  ///< the largest draw

 private:
  std::uint64_t seed_, position_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
