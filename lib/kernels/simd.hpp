// SPDX-License-Identifier: MIT
// Vectors of the width that the instruction set at hand has, by the vector extension of g++ and clang.
#pragma once

#include <xtape/config.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

#if defined(__AVX512F__)
inline constexpr std::size_t vector_bytes = 64;
inline constexpr std::size_t vector_registers = 32;
#elif defined(__AVX__)
inline constexpr std::size_t vector_bytes = 32;
inline constexpr std::size_t vector_registers = 16;
#else
inline constexpr std::size_t vector_bytes = 16;
inline constexpr std::size_t vector_registers = 16;
#endif

/// Scalars per vector.
inline constexpr std::size_t lanes = vector_bytes / sizeof(Scalar);
/// Integers of the size of a Scalar, as comparisons of vectors give.
using Integer = std::conditional_t<sizeof(Scalar) == 4, std::int32_t, std::int64_t>;

using Vec [[gnu::vector_size(vector_bytes)]] = Scalar;
using IntVec [[gnu::vector_size(vector_bytes)]] = Integer;

inline Vec load(const Scalar* from) {
  Vec v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
inline void store(Scalar* to, Vec v) { std::memcpy(to, &v, sizeof v); }
inline Vec splat(Scalar x) { return Vec{} + x; }

/// The first `count` lanes, all if it is larger; the others are zero.
inline Vec load_part(const Scalar* from, std::size_t count) {
  if (count >= lanes) return load(from);
  Vec v{};
  std::memcpy(&v, from, count * sizeof(Scalar));
  return v;
}
inline void store_part(Scalar* to, Vec v, std::size_t count) {
  if (count >= lanes) return store(to, v);
  std::memcpy(to, &v, count * sizeof(Scalar));
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
