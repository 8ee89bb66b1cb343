// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/ops/shape.hpp>

namespace xtape::inline XTAPE_ABI {

/// What pad was called with, for those who watch.
struct Padded {
  std::span<const PadWidth> widths;
  double value;
};

}  // namespace xtape::inline XTAPE_ABI
