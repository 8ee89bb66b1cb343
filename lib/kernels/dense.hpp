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
  std::size_t row;         ///< from row to row of a panel
  std::size_t panel;       ///< from panel to panel
  double* sums = nullptr;  ///< to which those of the columns are added, unless it is null
};

/// What is added to a product as it is written; null is nothing.
struct Addend {
  const Scalar* row = nullptr;   ///< to each row, as a bias
  const Scalar* rows = nullptr;  ///< a matrix, which may be where the product goes
  std::size_t stride = 0;        ///< from row to row of that

  /// What is at c so far.
  [[gnu::always_inline]] static Addend at(const Scalar* c, std::size_t stride) {
    return {nullptr, c, stride};
  }
  bool is_nothing() const { return row == nullptr && rows == nullptr; }
  /// For the part of the product that begins there.
  [[gnu::always_inline]] Addend from(std::size_t i, std::size_t column) const {
    return {row != nullptr ? row + column : nullptr,
            rows != nullptr ? rows + i * stride + column : nullptr, stride};
  }
};

struct DenseKernels {
  std::size_t panel_columns;   ///< columns of a panel; of the last one maybe fewer
  std::size_t vector_columns;  ///< a matrix with a multiple of so many columns is read in place

  /// Copies rows that are `from_stride` apart to where they are `to_stride` apart.
  void (*copy)(std::size_t rows, std::size_t columns, const Scalar* from, std::size_t from_stride,
               Scalar* to, std::size_t to_stride);
  /// Copies b (k, n) into panels; the last vector of a narrow one is filled up with zeros.
  void (*pack)(std::size_t k, std::size_t n, Factor b, Scalar* panels);
  /// c (m, n) = a (m, k) * b (k, n) + the addend, on this thread, with row-major c of rows `stride` apart.
  void (*product)(std::size_t m, std::size_t n, std::size_t k, Factor a, Panels b, Scalar* c,
                  std::size_t stride, const Addend& addend);
  /// Writes the transposed product, (n, m), to which nothing is added.
  void (*product_transposed)(std::size_t m, std::size_t n, std::size_t k, Factor a, Panels b,
                             Scalar* c, std::size_t stride);
};

XTAPE_KERNEL_FAMILY(DenseKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
