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

/// Sums of many terms are taken in double, and divided there.
struct ReduceKernels {
  /// y[c] = (sum over r of x[r][c]) / divisor
  void (*sum_rows)(Matrix, const Scalar* x, double divisor, Scalar* y);
  /// y[r] = (sum over c of x[r][c]) / divisor
  void (*sum_columns)(Matrix, const Scalar* x, double divisor, Scalar* y);
  /// y[c] = max over r of x[r][c], NaN where one is; of no rows -infinity.
  void (*max_rows)(Matrix, const Scalar* x, Scalar* y);
  /// y[r] = max over c of x[r][c]
  void (*max_columns)(Matrix, const Scalar* x, Scalar* y);
  /// The same with the smallest; of no rows infinity.
  void (*min_rows)(Matrix, const Scalar* x, Scalar* y);
  void (*min_columns)(Matrix, const Scalar* x, Scalar* y);

  /// The gradient of a maximum or minimum y, g, for those of x that equal it, each of n its n-th part; 0 for others.
  void (*max_rows_grad)(Matrix, const Scalar* x, const Scalar* y, const Scalar* g, Scalar* dx);
  void (*max_columns_grad)(Matrix, const Scalar* x, const Scalar* y, const Scalar* g, Scalar* dx);
};
XTAPE_KERNEL_FAMILY(ReduceKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
