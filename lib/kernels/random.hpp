// SPDX-License-Identifier: MIT
// Random numbers by the block, from a counter-based generator: element i of a stream does not depend
// on how the work is divided.
#pragma once

#include "kernels/family.hpp"

#include <cstddef>
#include <cstdint>

namespace xtape::inline XTAPE_ABI::kernels {

struct RandomKernels {
  /// mask[i] is 1 with the given probability, else 0; y = x * mask * scale. The bits come from the
  /// stream that key and stream name.
  void (*dropout)(std::uint64_t key, std::uint64_t stream, double probability, Scalar scale,
                  const Scalar* x, Scalar* y, std::uint8_t* mask, std::size_t size);
  /// dx = g * mask * scale; g and dx may be the same array.
  void (*dropout_grad)(const std::uint8_t* mask, Scalar scale, const Scalar* g, Scalar* dx,
                       std::size_t size);
};

XTAPE_KERNEL_FAMILY(RandomKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
