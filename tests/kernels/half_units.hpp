// SPDX-License-Identifier: MIT
// Units of half precision in plain C++, for all processors: what the instructions of AMX and AVX-512 compute, by which
// all is tested but the instructions themselves.
//
// Of TDPBF16PS and VDPBF16PS Intel says (Software Developer's Manual, volume 2): factors and sums below the smallest
// normal number count as zero; each product is added by a fused multiplication and addition, which rounds to the
// nearest, of two the even one, whatever MXCSR says. A tile adds products of the first and of the second of each
// pair apart, then both to each other and to the sums; a vector adds the second, then the first.
#pragma once

// Functions of these vectors are always inlined: processors have different conventions for them.
#pragma GCC diagnostic ignored "-Wpsabi"

#include "kernels/half_tiles.hpp"
#include "kernels/half_vectors.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace test {

using namespace xtape;
using kernels::Half;
using kernels::HalfPair;
using kernels::HalfUnit;

/// 16 of each.
using HalfSums [[gnu::vector_size(64)]] = float;
using HalfPairs [[gnu::vector_size(64)]] = HalfPair;

[[gnu::always_inline]] inline HalfSums flushed(const HalfSums& x) {
  const HalfPairs bits = HalfPairs(x);
  return HalfSums((bits & 0x7f800000) == 0 ? bits & 0x80000000 : bits);
}
/// The numbers of the first and of the second halves.
[[gnu::always_inline]] inline HalfSums first_of(const HalfPairs& x) {
  return flushed(HalfSums(x << 16));
}
[[gnu::always_inline]] inline HalfSums second_of(const HalfPairs& x) {
  return flushed(HalfSums(x & 0xffff0000));
}
/// A fused multiplication and addition: a product of two halves is exact, unless it is beyond the range of floats.
[[gnu::always_inline]] inline HalfSums fused(const HalfSums& sum, const HalfSums& a,
                                             const HalfSums& b) {
  const HalfSums product = a * b;
  return flushed(sum + product);
}
template <class V>
[[gnu::always_inline]] inline V loaded(const void* from) {
  V v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

/// Eight tiles of each thread, which have the configuration that they were given, and none when they are released.
struct EmulatedTiles {
  using Tile = std::array<HalfPairs, 16>;  // rows
  static inline thread_local std::array<Tile, 8> tiles = {};
  static inline thread_local bool configured = false;

  static void configure(const kernels::TileConfiguration& c) {
    static_assert(sizeof c == 64 && offsetof(kernels::TileConfiguration, row_bytes) == 16 &&
                  offsetof(kernels::TileConfiguration, rows) == 48);
    BOOST_REQUIRE((c.palette == 1 && c.start_row == 0 && !configured));
    for (std::size_t i = 0; i < 8; ++i) BOOST_REQUIRE((c.rows[i] == 16 && c.row_bytes[i] == 64));
    configured = true;
  }
  static void release() { configured = false; }
  static Tile& tile(int i) {
    if (!configured) throw std::logic_error{"a tile is used without a configuration"};
    return tiles[static_cast<std::size_t>(i)];
  }
  template <int I>
  static void zero() {
    tile(I) = {};
  }
  template <int I>
  static void load(const void* from, std::size_t row_bytes) {
    for (std::size_t r = 0; r < 16; ++r)
      tile(I)[r] = loaded<HalfPairs>(static_cast<const char*>(from) + r * row_bytes);
  }
  template <int I>
  static void store(float* to, std::size_t row_bytes) {
    for (std::size_t r = 0; r < 16; ++r)
      std::memcpy(reinterpret_cast<char*>(to) + r * row_bytes, &tile(I)[r], 64);
  }
  template <int Sums, int Left, int Right>
  static void multiply_add() {
    Tile& sums = tile(Sums);
    const Tile &left = tile(Left), &right = tile(Right);
    for (std::size_t m = 0; m < 16; ++m) {
      HalfSums first = {}, second = {};
      for (std::size_t k = 0; k < 16; ++k) {
        const HalfPairs pair = HalfPairs{} + left[m][k];
        first = fused(first, first_of(pair), first_of(right[k]));
        second = fused(second, second_of(pair), second_of(right[k]));
      }
      sums[m] = HalfPairs(flushed(flushed(HalfSums(sums[m])) + flushed(first + second)));
    }
  }
};

struct EmulatedVectors {
  using Sums = HalfSums;
  using Pairs = HalfPairs;
  [[gnu::always_inline]] static Pairs load(const HalfPair* from) { return loaded<HalfPairs>(from); }
  [[gnu::always_inline]] static Pairs splat(HalfPair pair) { return HalfPairs{} + pair; }
  [[gnu::always_inline]] static Sums multiply_add(Sums sums, Pairs left, Pairs right) {
    return fused(fused(flushed(sums), second_of(left), second_of(right)), first_of(left),
                 first_of(right));
  }
  [[gnu::always_inline]] static void store(float* to, Sums sums) {
    std::memcpy(to, &sums, sizeof sums);
  }
};

inline const HalfUnit emulated_tiles = kernels::unit_of_tiles<EmulatedTiles>("emulated AMX"),
                      emulated_vectors =
                          kernels::unit_of_vectors<EmulatedVectors>("emulated AVX-512 BF16");

/// Runs test(unit) with both, and with those of this machine.
template <class F>
void for_each_unit(F test) {
  for (const HalfUnit* unit : {&emulated_tiles, &emulated_vectors})
    BOOST_TEST_CONTEXT("unit " << unit->name) test(*unit);
  for (const HalfUnit& unit : kernels::half_units())
    BOOST_TEST_CONTEXT("unit " << unit.name) test(unit);
}

/// What is left of a number in bf16, by the distance to the two that are nearest.
inline double rounded_to_half(double x) {
  if (!std::isfinite(x) || x == 0) return x;
  int exponent;
  std::frexp(x, &exponent);
  const double unit = std::ldexp(1, exponent - 8);
  return std::nearbyint(x / unit) * unit;
}

}  // namespace test
