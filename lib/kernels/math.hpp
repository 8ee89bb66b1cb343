// SPDX-License-Identifier: MIT
// Transcendental functions on vectors, from xsimd: its types carry the instruction set in their names.
#pragma once

#include "kernels/simd.hpp"

#include <xsimd/xsimd.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

using Batch = xsimd::batch<Scalar>;
static_assert(sizeof(Batch) == sizeof(Vec));

inline Batch as_batch(Vec v) { return Batch{Batch::register_type(v)}; }
inline Vec as_vec(const Batch& b) { return Vec(b.data); }

/// The sum of the elements; the name of xsimd's function changed in its version 9.
inline Scalar sum_of(const Batch& b) {
  Scalar parts[lanes], sum = 0;
  b.store_unaligned(parts);
  for (Scalar part : parts) sum += part;
  return sum;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
