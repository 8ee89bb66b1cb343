// SPDX-License-Identifier: MIT
#include "kernels/resample.hpp"

#include "kernels/parallel.hpp"
#include "kernels/wide.hpp"

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// A pixel of the result, for all channels, of the image x. Many terms are added in double.
void make_pixel(const ResampleSizes& s, const Scalar* x, const Terms<Scalar>& rows,
                const Terms<Scalar>& columns, Scalar* y) {
  const bool few = rows.size() * columns.size() <= few_terms;
  for_each_vector(s.channels, [&](std::size_t c, auto part) {
    const auto add = [&](auto sum, auto as_sum) {
      for (const auto& [row, a] : rows)
        for (const auto& [column, b] : columns)
          sum += as_sum(load(x + (row * s.width + column) * s.channels + c, part) * (a * b));
      return sum;
    };
    const Vec sum =
        few ? add(Vec{}, [](Vec v) { return v; })
            : narrow(add(WideVec{}, [](Vec v) { return widen(v); }));
    store(y + c, sum, part);
  });
}

void resample(const ResampleSizes& s, const Scalar* x, Scalar* y) {
  const std::size_t height = s.rows.count, width = s.columns.count;
  if (height == 0) return;
  // Of the terms of all rows, as many as a row has in the mean.
  const std::size_t terms = s.rows.ends[height] / height * s.columns.ends[width];
  const std::size_t grain = slice_grain(s.batch * height, (terms + width) * s.channels);
  parallel_ranges(s.batch * height, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row)
      for (std::size_t j = 0; j < width; ++j)
        make_pixel(s, x + row / height * s.height * s.width * s.channels, s.rows[row % height],
                   s.columns[j], y + (row * width + j) * s.channels);
  });
}

}  // namespace

void fill(ResampleKernels& k, Set) { k.resample = resample; }

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
