// SPDX-License-Identifier: MIT
#include "kernels/parallel.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

namespace xtape::inline XTAPE_ABI::kernels::detail {

void parallel(std::size_t slices, void (*run)(void* context, std::size_t slice), void* context) {
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>{0, slices, 1},
      [=](const tbb::blocked_range<std::size_t>& range) {
        for (std::size_t slice = range.begin(); slice != range.end(); ++slice) run(context, slice);
      },
      tbb::simple_partitioner{});
}

}  // namespace xtape::inline XTAPE_ABI::kernels::detail
