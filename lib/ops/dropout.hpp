// SPDX-License-Identifier: MIT
#pragma once

#include "text.hpp"

namespace xtape::inline XTAPE_ABI {

/// Throws ValueError unless the rate is in [0, 1).
inline void check_rate(const Op& op, double rate) {
  if (!(rate >= 0 && rate < 1)) throw ValueError(op, text("expected a rate in [0, 1), got ", rate));
}

}  // namespace xtape::inline XTAPE_ABI
