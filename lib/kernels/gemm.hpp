// SPDX-License-Identifier: MIT
// Dense products. They are cut into pieces that the shapes alone decide. A piece in which a matrix is
// small is multiplied by a kernel of our own, which reads the large one in place; OpenBLAS, which would
// copy it, multiplies the others on one thread.
#pragma once

#include "kernels/dense.hpp"

namespace xtape::inline XTAPE_ABI::kernels {

/// c (m, n) = a (m, k) * b (k, n), with row-major c of rows `stride` apart.
void gemm(std::size_t m, std::size_t n, std::size_t k, Operand a, Operand b, Scalar* c,
          std::size_t stride);

/// The columns of c in one piece of a product of these sizes: the weights of a dense layer are b, and
/// each piece reads its own part of them once.
std::size_t column_grain(std::size_t m, std::size_t n, std::size_t k);

/// As gemm, in parallel over pieces of c. The elements of c are contiguous.
void matmul(std::size_t m, std::size_t n, std::size_t k, Operand a, Operand b, Scalar* c);

}  // namespace xtape::inline XTAPE_ABI::kernels
