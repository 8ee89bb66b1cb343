// SPDX-License-Identifier: MIT
// The units of processors, each in a source that is compiled for what has it.
#pragma once

#include "kernels/half_unit.hpp"

namespace xtape::inline XTAPE_ABI::kernels {

HalfUnit avx512_unit();
HalfUnit amx_unit();

}  // namespace xtape::inline XTAPE_ABI::kernels
