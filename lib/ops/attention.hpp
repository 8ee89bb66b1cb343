// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/ops/attention.hpp>

#include <cmath>

namespace xtape::inline XTAPE_ABI {

/// By what the scores of heads of so many numbers are multiplied.
inline double scale_of(const AttentionOptions& options, std::size_t depth) {
  return options.scale.value_or(1 / std::sqrt(static_cast<double>(depth)));
}

}  // namespace xtape::inline XTAPE_ABI
