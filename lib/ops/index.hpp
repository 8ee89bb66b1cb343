// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/ops/index.hpp>

namespace xtape::inline XTAPE_ABI {

/// What gather and scatter_add were called with, for those who watch.
struct Gathered {
  std::size_t axis;
  Ids ids;
};

}  // namespace xtape::inline XTAPE_ABI
