// SPDX-License-Identifier: MIT
// Dense products, by OpenBLAS. Products are cut into pieces that the shapes alone decide, and OpenBLAS
// runs single-threaded inside a piece.
#pragma once

#include <xtape/config.hpp>

#include <cstddef>

namespace xtape::inline XTAPE_ABI::kernels {

/// A row-major matrix as an operand of a product, maybe transposed.
struct Operand {
  const Scalar* data;
  std::size_t stride;    ///< from row to row, as stored
  bool transposed = false;
};

/// c (m, n) = a (m, k) * b (k, n), with row-major c of rows `stride` apart.
void gemm(std::size_t m, std::size_t n, std::size_t k, Operand a, Operand b, Scalar* c,
          std::size_t stride);

/// The columns of c in one piece of a product of these sizes: the weights of a dense layer are b, and
/// each piece reads its own part of them once.
std::size_t column_grain(std::size_t m, std::size_t n, std::size_t k);

/// As gemm, in parallel over pieces of c. The elements of c are contiguous.
void matmul(std::size_t m, std::size_t n, std::size_t k, Operand a, Operand b, Scalar* c);

}  // namespace xtape::inline XTAPE_ABI::kernels
