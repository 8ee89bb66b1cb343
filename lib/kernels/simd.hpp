// SPDX-License-Identifier: MIT
// Vectors of the width that the instruction set at hand has, by the vector extension of g++ and clang.
#pragma once

#include <xtape/config.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#if defined(__AVX__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// The registers for vectors: how many bytes one has, and how many there are. All sizes of tiles follow from these.
#if defined(__AVX512F__)
inline constexpr std::size_t vector_bytes = 64, vector_registers = 32;
#elif defined(__AVX__)
inline constexpr std::size_t vector_bytes = 32, vector_registers = 16;
#elif defined(__aarch64__)  // NEON, which all have; how wide SVE is, the compiler is not told
inline constexpr std::size_t vector_bytes = 16, vector_registers = 32;
#else                       // SSE2, as all x86-64 have it
inline constexpr std::size_t vector_bytes = 16, vector_registers = 16;
#endif

/// Scalars per vector.
inline constexpr std::size_t lanes = vector_bytes / sizeof(Scalar);
/// Integers of the size of a Scalar, as comparisons of vectors give.
using Integer = std::conditional_t<sizeof(Scalar) == 4, std::int32_t, std::int64_t>;

using Vec [[gnu::vector_size(vector_bytes)]] = Scalar;
using IntVec [[gnu::vector_size(vector_bytes)]] = Integer;
using Bytes [[gnu::vector_size(lanes)]] = std::uint8_t;

/// The number of vectors that hold `count` scalars.
constexpr std::size_t vectors_of(std::size_t count) { return (count + lanes - 1) / lanes; }

inline Vec load(const Scalar* from) {
  Vec v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
inline void store(Scalar* to, Vec v) { std::memcpy(to, &v, sizeof v); }
inline Vec splat(Scalar x) { return Vec{} + x; }

template <std::size_t... I>
constexpr IntVec numbers(std::index_sequence<I...>) {
  return IntVec{static_cast<Integer>(I)...};
}
/// 0, 1, 2, ...
inline constexpr IntVec lane_numbers = numbers(std::make_index_sequence<lanes>{});

/// Which lanes a part of a vector has: the first `count`, or all if it is larger. Loads set the others
/// to zero, stores leave what is there, and neither touches memory beyond the part. Bytes are one per
/// lane.
#if defined(__AVX512F__)
struct Lanes {
  explicit Lanes(std::size_t count)
      : mask{static_cast<Mask>(count >= lanes ? ~0u : (1u << count) - 1)} {}
  using Mask = std::conditional_t<sizeof(Scalar) == 4, __mmask16, __mmask8>;
  Mask mask;
};
#if defined(XTAPE_DOUBLE)
inline Vec load(const Scalar* from, Lanes part) {
  return Vec(_mm512_maskz_loadu_pd(part.mask, from));
}
inline void store(Scalar* to, Vec v, Lanes part) {
  _mm512_mask_storeu_pd(to, part.mask, __m512d(v));
}
inline IntVec load_bytes(const std::uint8_t* from, Lanes part) {
  return IntVec(_mm512_cvtepu8_epi64(_mm_maskz_loadu_epi8(part.mask, from)));
}
inline void store_bytes(std::uint8_t* to, IntVec v, Lanes part) {
  _mm512_mask_cvtepi64_storeu_epi8(to, part.mask, __m512i(v));
}
#else
inline Vec load(const Scalar* from, Lanes part) {
  return Vec(_mm512_maskz_loadu_ps(part.mask, from));
}
inline void store(Scalar* to, Vec v, Lanes part) {
  _mm512_mask_storeu_ps(to, part.mask, __m512(v));
}
inline IntVec load_bytes(const std::uint8_t* from, Lanes part) {
  return IntVec(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(part.mask, from)));
}
inline void store_bytes(std::uint8_t* to, IntVec v, Lanes part) {
  _mm512_mask_cvtepi32_storeu_epi8(to, part.mask, __m512i(v));
}
#endif
#else
struct Lanes {
  explicit Lanes(std::size_t count) : count{count < lanes ? count : lanes} {}
  std::size_t count;
#if defined(__AVX__)
  __m256i mask() const { return __m256i(lane_numbers < IntVec{} + static_cast<Integer>(count)); }
#endif
};
inline IntVec load_bytes(const std::uint8_t* from, Lanes part) {
  IntVec v{};
  for (std::size_t i = 0; i < lanes; ++i)
    if (i < part.count) v[i] = from[i];
  return v;
}
inline void store_bytes(std::uint8_t* to, IntVec v, Lanes part) {
  for (std::size_t i = 0; i < lanes; ++i)
    if (i < part.count) to[i] = static_cast<std::uint8_t>(v[i]);
}
#if defined(__AVX__) && defined(XTAPE_DOUBLE)
inline Vec load(const Scalar* from, Lanes part) {
  return Vec(_mm256_maskload_pd(from, part.mask()));
}
inline void store(Scalar* to, Vec v, Lanes part) {
  _mm256_maskstore_pd(to, part.mask(), __m256d(v));
}
#elif defined(__AVX__)
inline Vec load(const Scalar* from, Lanes part) {
  return Vec(_mm256_maskload_ps(from, part.mask()));
}
inline void store(Scalar* to, Vec v, Lanes part) {
  _mm256_maskstore_ps(to, part.mask(), __m256(v));
}
#else
inline Vec load(const Scalar* from, Lanes part) {
  Vec v{};
  for (std::size_t i = 0; i < lanes; ++i)
    if (i < part.count) v[i] = from[i];
  return v;
}
inline void store(Scalar* to, Vec v, Lanes part) {
  for (std::size_t i = 0; i < lanes; ++i)
    if (i < part.count) to[i] = v[i];
}
#endif
#endif

/// All lanes, where what is loaded or stored is a whole vector: g++ takes a masked load for one that may
/// read any memory, and first writes there what it has in registers.
struct AllLanes {};
inline Vec load(const Scalar* from, AllLanes) { return load(from); }
inline void store(Scalar* to, Vec v, AllLanes) { store(to, v); }
inline IntVec load_bytes(const std::uint8_t* from, AllLanes) {
  Bytes v;
  std::memcpy(&v, from, sizeof v);
#if defined(__AVX512F__) && !defined(XTAPE_DOUBLE)  // g++ converts element by element
  return IntVec(_mm512_cvtepu8_epi32(__m128i(v)));
#else
  return __builtin_convertvector(v, IntVec);
#endif
}
inline void store_bytes(std::uint8_t* to, IntVec v, AllLanes) {
#if defined(__AVX512F__) && !defined(XTAPE_DOUBLE)
  const Bytes narrow = Bytes(_mm512_cvtepi32_epi8(__m512i(v)));
#else
  const Bytes narrow = __builtin_convertvector(v, Bytes);
#endif
  std::memcpy(to, &narrow, sizeof narrow);
}

/// Calls f(begin, lanes) for each vector of `count` elements, of which the last may be a part.
template <class F>
[[gnu::always_inline]] inline void for_each_vector(std::size_t count, F f) {
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) f(i, AllLanes{});
  if (i < count) f(i, Lanes{count - i});
}

/// The larger one; x if that is NaN. As one instruction where there is one that does just this.
inline Vec at_least(Vec floor, Vec x) {
#if defined(__AVX512F__) && !defined(XTAPE_DOUBLE)
  return Vec(_mm512_max_ps(__m512(floor), __m512(x)));
#elif defined(__AVX512F__)
  return Vec(_mm512_max_pd(__m512d(floor), __m512d(x)));
#else
  return floor > x ? floor : x;
#endif
}
/// The smaller one, likewise.
inline Vec at_most(Vec ceiling, Vec x) {
#if defined(__AVX512F__) && !defined(XTAPE_DOUBLE)
  return Vec(_mm512_min_ps(__m512(ceiling), __m512(x)));
#elif defined(__AVX512F__)
  return Vec(_mm512_min_pd(__m512d(ceiling), __m512d(x)));
#else
  return ceiling < x ? ceiling : x;
#endif
}

/// Whether `permuted` is one instruction.
#if defined(__AVX512F__) || (defined(__AVX2__) && !defined(XTAPE_DOUBLE))
inline constexpr bool permutes = true;
#else
inline constexpr bool permutes = false;
#endif
/// Lane i has lane index[i] of x.
inline Vec permuted(Vec x, IntVec index) {
#if defined(__AVX512F__) && !defined(XTAPE_DOUBLE)
  return Vec(_mm512_permutexvar_ps(__m512i(index), __m512(x)));
#elif defined(__AVX512F__)
  return Vec(_mm512_permutexvar_pd(__m512i(index), __m512d(x)));
#elif defined(__AVX2__) && !defined(XTAPE_DOUBLE)
  return Vec(_mm256_permutevar8x32_ps(__m256(x), __m256i(index)));
#else
  Vec y;
  for (std::size_t i = 0; i < lanes; ++i) y[i] = x[index[i]];
  return y;
#endif
}

/// Lane i has what `join`, for which order is nothing, makes of all lanes of rows[i]: as `transpose`, of whose two blocks
/// each step joins.
template <std::size_t Block = 1, class Join, std::size_t... I>
inline Vec joined(Vec (&rows)[lanes], Join join, std::index_sequence<I...> columns) {
  if constexpr (Block == lanes) {
    return rows[0];
  } else {
    const IntVec second = (lane_numbers & static_cast<Integer>(Block)) != 0;
    for (std::size_t i = 0; i < lanes; i += 2 * Block) {
      const Vec a = rows[i], b = rows[i + Block], others = second ? a : b;
      rows[i] = join(second ? b : a, __builtin_shufflevector(others, others, (I ^ Block)...));
    }
    return joined<2 * Block>(rows, join, columns);
  }
}

/// Exchanges rows and columns of a square of vectors, in log2(lanes) steps that each
/// exchange the off-diagonal blocks of ever larger squares.
template <std::size_t Block = 1, class V, std::size_t Lanes, std::size_t... I>
inline void transpose(V (&rows)[Lanes], std::index_sequence<I...> columns) {
  if constexpr (Block < Lanes) {
    for (std::size_t i = 0; i < Lanes; ++i)
      if ((i & Block) == 0) {
        const V a = rows[i], b = rows[i + Block];
        rows[i] = __builtin_shufflevector(a, b, ((I & Block) != 0 ? I + Lanes - Block : I)...);
        rows[i + Block] =
            __builtin_shufflevector(a, b, ((I & Block) != 0 ? I + Lanes : I + Block)...);
      }
    transpose<2 * Block>(rows, columns);
  }
}
template <class V, std::size_t Lanes>
inline void transpose(V (&rows)[Lanes]) {
  transpose(rows, std::make_index_sequence<Lanes>{});
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
