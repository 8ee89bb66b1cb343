// SPDX-License-Identifier: MIT
// Loops over the rows of a row-major matrix: softmax and cross-entropy.
#pragma once

#include "kernels/reduce.hpp"

#include <cstddef>
#include <cstdint>

namespace xtape::inline XTAPE_ABI::kernels {

struct RowKernels {
  /// y[r] = softmax(x[r])
  void (*softmax)(Matrix, const Scalar* x, Scalar* y);
  /// dx = y * (g - sum(g * y)) per row; g and dx may be the same array.
  void (*softmax_grad)(Matrix, const Scalar* y, const Scalar* g, Scalar* dx);
  /// y[r] = x[r] - log(sum(exp(x[r])))
  void (*log_softmax)(Matrix, const Scalar* x, Scalar* y);
  /// dx = g - exp(y) * sum(g) per row; g and dx may be the same array.
  void (*log_softmax_grad)(Matrix, const Scalar* y, const Scalar* g, Scalar* dx);

  /// The mean over the rows of -sum(t * log_softmax(x)), where t is one at the row's label, smoothed:
  /// t = (1 - smoothing) * t + smoothing / columns. The gradient is written to dx unless that is null.
  Scalar (*cross_entropy)(Matrix, const Scalar* x, const std::int32_t* labels, Scalar smoothing,
                          Scalar* dx);
  /// The same where t is given as a matrix.
  Scalar (*cross_entropy_soft)(Matrix, const Scalar* x, const Scalar* targets, Scalar smoothing,
                               Scalar* dx);
};

XTAPE_KERNEL_FAMILY(RowKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
