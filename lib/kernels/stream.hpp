// SPDX-License-Identifier: MIT
// A stream of random words, by the counter.
#pragma once

#include "kernels/simd.hpp"

#include <Random123/threefry.h>

#include <cstddef>
#include <cstdint>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// What a seed and a number name: Threefry4x32-20 (Salmon et al., 2011), additions, rotations and xors only, so that a
/// loop over counters becomes vector code.
struct Stream {
  using Generator = r123::Threefry4x32;
  static constexpr std::size_t words_per_counter = 4;

  Generator::key_type key;

  Stream(std::uint64_t seed, std::uint64_t stream) {
    key[0] = static_cast<std::uint32_t>(seed);
    key[1] = static_cast<std::uint32_t>(seed >> 32);
    key[2] = static_cast<std::uint32_t>(stream);
    key[3] = static_cast<std::uint32_t>(stream >> 32);
  }

  /// The words of `Count` counters from `first` on: the first word of each, then the second of each, and so on.
  template <std::size_t Count>
  void draw(std::uint64_t first, std::uint32_t* words) const {
    for (std::size_t j = 0; j < Count; ++j) {
      const std::uint64_t index = first + j;
      Generator::ctr_type counter{};
      counter[0] = static_cast<std::uint32_t>(index);
      counter[1] = static_cast<std::uint32_t>(index >> 32);
      const auto block = Generator{}(counter, key);
      for (std::size_t i = 0; i < words_per_counter; ++i) words[i * Count + j] = block.v[i];
    }
  }
};

/// As many of 2^32 words are below it as the probability says, but at most 2^32 - 1.
inline std::uint32_t word_threshold(double probability) {
  const double limit = probability * 0x1p32;
  return limit >= 0xffffffff ? 0xffffffff : static_cast<std::uint32_t>(limit);
}

/// Words that are compared for the lanes of a vector.
using WordVec [[gnu::vector_size(lanes * sizeof(std::uint32_t))]] = std::uint32_t;

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
