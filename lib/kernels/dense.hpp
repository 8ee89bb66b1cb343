// SPDX-License-Identifier: MIT
// Products of matrices of which one is small, such as a batch.
#pragma once

#include "kernels/family.hpp"

#include <cstddef>

namespace xtape::inline XTAPE_ABI::kernels {

/// A row-major matrix as a factor of a product, maybe transposed.
struct Factor {
  const Scalar* data;
  std::size_t stride;  ///< from row to row, as stored
  bool transposed = false;

  /// From row to row of the matrix that it stands for, and from column to column.
  std::size_t row_step() const { return transposed ? 1 : stride; }
  std::size_t column_step() const { return transposed ? stride : 1; }
  /// The part of it from a row and a column on.
  Factor from(std::size_t row, std::size_t column) const {
    return {data + row * row_step() + column * column_step(), stride, transposed};
  }
};

/// The right operand of a product in panels of `DenseKernels::panel_columns` columns. It is the matrix
/// itself, where its rows can be read in whole vectors, or a copy.
struct Panels {
  const Scalar* data;
  std::size_t row;    ///< from row to row of a panel
  std::size_t panel;  ///< from panel to panel
};

struct DenseKernels {
  std::size_t panel_columns;   ///< columns of a panel; of the last one maybe fewer
  std::size_t vector_columns;  ///< a matrix with a multiple of so many columns is read in place

  /// Copies rows that are `from_stride` apart to where they are `to_stride` apart.
  void (*copy)(std::size_t rows, std::size_t columns, const Scalar* from, std::size_t from_stride,
               Scalar* to, std::size_t to_stride);
  /// Copies b (k, n) into panels; the last vector of a narrow one is filled up with zeros.
  void (*pack)(std::size_t k, std::size_t n, Factor b, Scalar* panels);
  /// c (m, n) = a (m, k) * b (k, n), on this thread, with row-major c of rows `stride` apart; with `add` it
  /// is added to c.
  void (*product)(std::size_t m, std::size_t n, std::size_t k, Factor a, Panels b, Scalar* c,
                  std::size_t stride, bool add);
  /// The same, but writes the transposed product, (n, m).
  void (*product_transposed)(std::size_t m, std::size_t n, std::size_t k, Factor a, Panels b,
                             Scalar* c, std::size_t stride);
};

XTAPE_KERNEL_FAMILY(DenseKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
