// SPDX-License-Identifier: MIT
// Dense products. They are cut into pieces that the shapes alone decide. Where a side is short, as a
// batch is, a kernel of our own multiplies and reads the large matrix in place; OpenBLAS, which would
// copy it, multiplies the others, each piece on one thread.
#pragma once

#include "kernels/dense.hpp"

#include <xtape/memory.hpp>

namespace xtape::inline XTAPE_ABI::kernels {

/// The right operand of products in panels: a copy, or, where its rows can be read in whole vectors and
/// `copy` is false, itself.
class Packed {
 public:
  Packed(std::size_t k, std::size_t n, Operand b, bool copy);
  /// From a depth and a column on; the column begins a panel.
  Panels from(std::size_t depth, std::size_t column) const;

 private:
  PooledBuffer<Scalar> buffer_;
  Panels panels_;
};

/// c (m, n) = a (m, k) * b (k, n), in parallel. The elements of c are contiguous.
void matmul(std::size_t m, std::size_t n, std::size_t k, Operand a, Operand b, Scalar* c);

}  // namespace xtape::inline XTAPE_ABI::kernels
