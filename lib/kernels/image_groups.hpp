// SPDX-License-Identifier: MIT
// Sums over all images of a batch: groups of images have sums of their own, added in order.
#pragma once

#include "kernels/parallel.hpp"

#include <xtape/memory.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// Calls add(first image, last image, scratch, sums) for groups of images, each with `size` sums of its own to add
/// to and some scratch memory, and adds those up in order. It takes `products` multiplications in all.
template <class Add>
void over_images(std::size_t batch, std::size_t size, double products, Scalar* sums,
                 std::size_t scratch_size, Add add) {
  // As many as are worth a slice, but not so many that adding them up would take long.
  const double most = std::clamp(1e6 / static_cast<double>(size + 1), 4.0, 16.0);
  const auto wanted = static_cast<std::size_t>(std::clamp(products / 5e5, 1.0, most));
  const std::size_t groups = std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(batch, 1));
  PooledBuffer<Scalar> parts{(groups - 1) * size}, scratch{groups * scratch_size};
  const auto part = [&](std::size_t group) {
    return group == 0 ? sums : parts.data() + (group - 1) * size;
  };
  parallel(groups, [&](std::size_t group) {
    std::fill_n(part(group), size, Scalar{0});
    add(group * batch / groups, (group + 1) * batch / groups, scratch.data() + group * scratch_size,
        part(group));
  });
  parallel_ranges(size, elementwise_grain / groups, [&](std::size_t begin, std::size_t end) {
    for (std::size_t group = 1; group < groups; ++group)
      for (std::size_t i = begin; i < end; ++i) sums[i] += part(group)[i];
  });
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
