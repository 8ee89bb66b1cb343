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

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
