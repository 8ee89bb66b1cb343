// SPDX-License-Identifier: MIT
// The scores of attention, a block at a time: some queries, as rows, by at most 64 keys. The softmax of a row of all
// blocks is computed as they come, by Milakov and Gimelshein (2018).
#pragma once

#include "kernels/family.hpp"

#include <cstddef>
#include <cstdint>

namespace xtape::inline XTAPE_ABI::kernels {

/// The most keys of a block, and how far apart its rows are.
inline constexpr std::size_t score_columns = 64;

/// Which weights are dropped: element (r, c) of a block goes by word c of the stream, from `counter + r * step` on.
struct ScoreDropout {
  std::uint64_t key, stream;
  double rate = 0;  ///< 0 draws nothing
  std::uint64_t counter = 0, step = 0;
};
/// The counters that a row of a block has.
inline constexpr std::size_t score_counters = score_columns / 4;

struct ScoreBlock {
  std::size_t rows, columns;
  std::size_t seen;  ///< row r is of the first `seen + r` columns alone
  Scalar scale;      ///< of the scores
  ScoreDropout dropout;
};

struct ScoreKernels {
  /// Makes weights of scores s: e^(scale s - most), where `most` is the largest of each row so far. `sum` is that of the
  /// row so far; it and out (rows, width), the weighted sum of values so far, if there is any, are brought to a new
  /// maximum. Then weights are dropped.
  void (*weigh)(const ScoreBlock&, Scalar* s, Scalar* most, double* sum, Scalar* out,
                std::size_t width, std::size_t stride);
  /// out / sum; most becomes log(sum of e^s). A row that has seen nothing is 0, and of it the logarithm infinite, so that
  /// its weights are 0.
  void (*finish)(std::size_t rows, Scalar* most, const double* sum, Scalar* out, std::size_t width,
                 std::size_t stride);
  /// Makes of scores s the weights that the values had, after dropout, and of dw, the gradient of these, that of the
  /// scores: scale w (dw - dot), where `dot` is the product of a row of the result and its gradient.
  void (*weigh_grad)(const ScoreBlock&, Scalar* s, Scalar* dw, const Scalar* log_sum,
                     const Scalar* dot);
  /// dot[r] = sum of x[r] y[r], of rows of `width` elements that are a stride apart.
  void (*dots)(std::size_t rows, std::size_t width, const Scalar* x, std::size_t x_stride,
               const Scalar* y, std::size_t y_stride, Scalar* dot);
};

XTAPE_KERNEL_FAMILY(ScoreKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
