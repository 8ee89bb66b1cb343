// SPDX-License-Identifier: MIT
// Matrices in the form that units of half precision read (half_unit.hpp), and products of them.
#pragma once

#include "kernels/dense.hpp"
#include "kernels/half_unit.hpp"

namespace xtape::inline XTAPE_ABI::kernels {

/// Where the halves of a left factor are: from row to row, and from step to step.
struct HalfSteps {
  std::size_t row, step;
};
/// Those of blocks: the steps of 32 rows one after the other.
inline constexpr HalfSteps half_blocks{half_depth, half_step};

/// So many panels beside each other are parts of lines that are long enough to be read fast.
inline constexpr std::size_t half_group = 16;

struct HalfKernels {
  /// Rounds a (rows, depth) to a left factor, whose last step is filled up with zeros. Of a transposed a it writes up to
  /// the next 32 rows.
  void (*pack_left)(std::size_t rows, std::size_t depth, Factor a, Half* to, HalfSteps);
  /// Rounds b (depth, columns) to a right factor, both filled up with zeros, whose panels of 32 columns are so many
  /// pairs apart.
  void (*pack_right)(std::size_t depth, std::size_t columns, Factor b, HalfPair* to,
                     std::size_t panel);
  /// c (m, n) = a b, or with `add` c += a b, on this thread, with row-major c of rows `stride` apart. The left factor
  /// has blocks of 32 rows, the right one panels of 32 columns, one after the other. Of a depth of `steps` they have
  /// the first `taken`.
  void (*product)(const HalfUnit&, std::size_t m, std::size_t n, std::size_t steps,
                  std::size_t taken, const Half* a, const HalfPair* b, bool add, Scalar* c,
                  std::size_t stride);
};

XTAPE_KERNEL_FAMILY(HalfKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
