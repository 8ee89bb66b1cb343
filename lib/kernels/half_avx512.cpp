// SPDX-License-Identifier: MIT
// AVX-512 BF16: AMD's processors since Zen 4, Intel's Cooper Lake, and those with AMX.
#include "kernels/half_units.hpp"
#include "kernels/half_vectors.hpp"

#include <immintrin.h>

namespace xtape::inline XTAPE_ABI::kernels {
namespace {

struct Avx512 {
  using Sums = __m512;
  using Pairs = __m512i;
  static Pairs load(const HalfPair* from) { return _mm512_loadu_si512(from); }
  static Pairs splat(HalfPair x) { return _mm512_set1_epi32(static_cast<int>(x)); }
  static Sums multiply_add(Sums sums, Pairs left, Pairs right) {
    return _mm512_dpbf16_ps(sums, (__m512bh)right, (__m512bh)left);
  }
  static void store(float* to, Sums sums) { _mm512_storeu_ps(to, sums); }
};

}  // namespace

HalfUnit avx512_unit() { return unit_of_vectors<Avx512>("AVX-512 BF16"); }

}  // namespace xtape::inline XTAPE_ABI::kernels
