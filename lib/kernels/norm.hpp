// SPDX-License-Identifier: MIT
// The Euclidean norm of arrays, from sums of squares per slice, which are added in order: its bits do not
// depend on the number of threads. The sums are in long double, into whose range all squares fit.
#pragma once

#include "kernels/dispatch.hpp"
#include "kernels/optim.hpp"
#include "kernels/parallel.hpp"

#include <xtape/memory.hpp>

#include <cmath>
#include <numeric>

namespace xtape::inline XTAPE_ABI::kernels {

using SliceSums = PooledVector<long double>;

/// Appends the sums of squares of the slices of x. Each slice begins with prepare(begin, end), which may
/// write the elements that are then squared.
template <class Prepare>
void add_squares(SliceSums& sums, const Scalar* x, std::size_t size, Prepare prepare) {
  constexpr std::size_t grain = elementwise_grain;
  const std::size_t first = sums.size();
  sums.resize(first + (size + grain - 1) / grain);
  parallel_ranges(size, grain, [&](std::size_t begin, std::size_t end) {
    prepare(begin, end);
    sums[first + begin / grain] = best<OptimKernels>().sum_of_squares(x + begin, end - begin);
  });
}

/// The norm of all elements whose squares were added.
inline long double norm(const SliceSums& sums) {
  return std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0L));
}

}  // namespace xtape::inline XTAPE_ABI::kernels
