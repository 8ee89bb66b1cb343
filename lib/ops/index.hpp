// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace xtape::inline XTAPE_ABI {

/// What gather was called with, for those who watch.
struct Gathered {
  std::size_t axis;
  std::span<const std::int32_t> ids;
};

}  // namespace xtape::inline XTAPE_ABI
