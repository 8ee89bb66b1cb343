// SPDX-License-Identifier: MIT
// Sums, maxima and minima along the axes of a matrix.
#pragma once

#include "kernels/family.hpp"

#include <cstddef>

namespace xtape::inline XTAPE_ABI::kernels {

/// The sizes of a matrix.
struct Matrix {
  std::size_t rows, columns;
};

/// Sums of many terms are taken in double, and divided there. Those of rows are for `count` matrices that follow each
/// other, as axes are that lie before those that are reduced.
struct ReduceKernels {
  /// y[i][c] = (sum over r of x[i][r][c]) / divisor
  void (*sum_rows)(std::size_t count, Matrix, const Scalar* x, double divisor, Scalar* y);
  /// y[r] = (sum over c of x[r][c]) / divisor
  void (*sum_columns)(Matrix, const Scalar* x, double divisor, Scalar* y);
  /// y[i][c] = max over r of x[i][r][c], NaN where one is; of no rows -infinity.
  void (*max_rows)(std::size_t count, Matrix, const Scalar* x, Scalar* y);
  /// y[r] = max over c of x[r][c]
  void (*max_columns)(Matrix, const Scalar* x, Scalar* y);
  /// The same with the smallest; of no rows infinity.
  void (*min_rows)(std::size_t count, Matrix, const Scalar* x, Scalar* y);
  void (*min_columns)(Matrix, const Scalar* x, Scalar* y);

  /// The gradient of a maximum or minimum y, g, for those of x that equal it, each of n its n-th part; 0 for others.
  void (*max_rows_grad)(std::size_t count, Matrix, const Scalar* x, const Scalar* y,
                        const Scalar* g, Scalar* dx);
  void (*max_columns_grad)(Matrix, const Scalar* x, const Scalar* y, const Scalar* g, Scalar* dx);
};
XTAPE_KERNEL_FAMILY(ReduceKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
