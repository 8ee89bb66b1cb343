// SPDX-License-Identifier: MIT
// Loops over the rows of a row-major matrix: softmax and cross-entropy.
#pragma once

#include "kernels/reduce.hpp"

#include <cstddef>
#include <cstdint>

namespace xtape::inline XTAPE_ABI::kernels {

/// How the rows of a cross-entropy are added.
struct RowSum {
  Scalar smoothing;       ///< t = (1 - smoothing) * t + smoothing / columns
  const Scalar* weights;  ///< of each row; a row of weight 0 is not read. Null: all are 1
  double divisor;         ///< of the sum
};

struct RowKernels {
  /// y[r] = softmax(x[r])
  void (*softmax)(Matrix, const Scalar* x, Scalar* y);
  /// dx = y * (g - sum(g * y)) per row; g and dx may be the same array.
  void (*softmax_grad)(Matrix, const Scalar* y, const Scalar* g, Scalar* dx);
  /// y[r] = x[r] - log(sum(exp(x[r])))
  void (*log_softmax)(Matrix, const Scalar* x, Scalar* y);
  /// dx = g - exp(y) * sum(g) per row; g and dx may be the same array.
  void (*log_softmax_grad)(Matrix, const Scalar* y, const Scalar* g, Scalar* dx);

  /// The sum over the rows of -sum(t * log_softmax(x)), where t is one at the row's label. The gradient is written to
  /// dx unless that is null.
  Scalar (*cross_entropy)(Matrix, const Scalar* x, const std::int32_t* labels, RowSum, Scalar* dx);
  /// The same where t is given as a matrix.
  Scalar (*cross_entropy_soft)(Matrix, const Scalar* x, const Scalar* targets, RowSum, Scalar* dx);
};

XTAPE_KERNEL_FAMILY(RowKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
