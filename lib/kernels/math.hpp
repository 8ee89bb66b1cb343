// SPDX-License-Identifier: MIT
// Transcendental functions on vectors, from xsimd: its types carry the instruction set in their names.
#pragma once

#include "kernels/simd.hpp"

#include <xsimd/xsimd.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

using Batch = xsimd::batch<Scalar>;

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
