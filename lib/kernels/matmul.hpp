// SPDX-License-Identifier: MIT
// Dense products. They are cut into pieces that the shapes alone decide. Where a side is short, as a
// batch is, the large matrix is read in place; where all are long, both are copied a part at a time.
#pragma once

#include "kernels/dense.hpp"

#include <xtape/array.hpp>

namespace xtape::inline XTAPE_ABI::kernels {

/// As many elements as panels of k rows take that hold n columns.
std::size_t panel_elements(const DenseKernels& kernels, std::size_t k, std::size_t n);

/// The right operand of products in panels: a copy, or, where its rows can be read in whole vectors and
/// `copy` is false, itself.
class Packed {
 public:
  Packed(const DenseKernels& kernels, std::size_t k, std::size_t n, Factor b, bool copy);
  /// From a depth and a column on; the column begins a panel.
  Panels from(std::size_t depth, std::size_t column) const;

 private:
  const DenseKernels& kernels_;
  PooledBuffer<Scalar> buffer_;
  Panels panels_;
};

/// c (m, n) = a (m, k) * b (k, n), in parallel. The elements of c are contiguous.
void matmul(const DenseKernels& kernels, std::size_t m, std::size_t n, std::size_t k, Factor a,
            Factor b, Scalar* c);
/// The same, by the best kernels of this machine.
void matmul(std::size_t m, std::size_t n, std::size_t k, Factor a, Factor b, Scalar* c);

}  // namespace xtape::inline XTAPE_ABI::kernels
