// SPDX-License-Identifier: MIT
// Products of matrices of which one is small, such as a batch.
#pragma once

#include <xtape/config.hpp>

#include <cstddef>

namespace xtape::inline XTAPE_ABI::kernels {

/// A row-major matrix as an operand of a product, maybe transposed.
struct Operand {
  const Scalar* data;
  std::size_t stride;  ///< from row to row, as stored
  bool transposed = false;
};

struct DenseKernels {
  /// c (m, n) = a (m, k) * b (k, n), on this thread, with row-major c of rows `stride` apart.
  void (*product)(std::size_t m, std::size_t n, std::size_t k, Operand a, Operand b, Scalar* c,
                  std::size_t stride);
};

}  // namespace xtape::inline XTAPE_ABI::kernels
