// SPDX-License-Identifier: MIT
// Images whose pixels are weighted sums of those of others, along rows and columns each.
#pragma once

#include "kernels/family.hpp"
#include "kernels/terms.hpp"

namespace xtape::inline XTAPE_ABI::kernels {

/// What is read, (batch, height, width, channels), and of what each row and column of the result is made.
struct ResampleSizes {
  std::size_t batch, height, width, channels;
  TermTable<Scalar> rows, columns;
};

struct ResampleKernels {
  /// y[n, i, j, c] = sum of x[n, row, column, c] times both weights over the terms of row i and column j.
  void (*resample)(const ResampleSizes&, const Scalar* x, Scalar* y);
};

XTAPE_KERNEL_FAMILY(ResampleKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
