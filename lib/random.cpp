// SPDX-License-Identifier: MIT
#include <xtape/random.hpp>
#include <xtape/state.hpp>

#include <Random123/philox.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace xtape::inline XTAPE_ABI {

Rng::result_type Rng::operator()() noexcept {
  const r123::Philox4x32::ctr_type counter = {
      {static_cast<std::uint32_t>(position_), static_cast<std::uint32_t>(position_ >> 32), 0, 0}};
  const r123::Philox4x32::key_type key = {
      {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)}};
  ++position_;
  const auto block = r123::Philox4x32{}(counter, key);
  return std::uint64_t{block[0]} << 32 | block[1];
}

double Rng::uniform() noexcept { return static_cast<double>((*this)() >> 11) * 0x1p-53; }

double Rng::normal() noexcept {
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));  // 1 - u is in (0, 1]
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

Array Rng::uniform(const Shape& shape) {
  Array all = uninitialized(shape);
  constexpr Scalar most =
      1 - std::numeric_limits<Scalar>::epsilon() / 2;  // below 1, where rounding ends
  for (Scalar& x : all) x = std::min(most, static_cast<Scalar>(uniform()));
  return all;
}

Array Rng::normal(const Shape& shape) {
  Array all = uninitialized(shape);
  for (Scalar& x : all) x = static_cast<Scalar>(normal());
  return all;
}

std::size_t Rng::below(std::size_t bound) noexcept {
  __extension__ using Wide = unsigned __int128;
  Wide product = Wide{(*this)()} * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    // The lowest (2^64 mod bound) values of each range are drawn once too often: draw again.
    const std::uint64_t excess = -static_cast<std::uint64_t>(bound) % bound;
    while (static_cast<std::uint64_t>(product) < excess) product = Wide{(*this)()} * bound;
  }
  return static_cast<std::size_t>(product >> 64);
}

void Rng::state(StateList& list) {
  list("seed", seed_);
  list("position", position_);
}

}  // namespace xtape::inline XTAPE_ABI
