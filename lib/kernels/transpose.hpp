// SPDX-License-Identifier: MIT
// Exchanging rows and columns.
#pragma once

#include "kernels/family.hpp"

#include <cstddef>

namespace xtape::inline XTAPE_ABI::kernels {

struct TransposeKernels {
  /// to[c][r] = from[r][c], by the calling thread alone. Rows are so many elements apart.
  void (*transpose)(std::size_t rows, std::size_t columns, const Scalar* from,
                    std::size_t from_stride, Scalar* to, std::size_t to_stride);
};
XTAPE_KERNEL_FAMILY(TransposeKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
