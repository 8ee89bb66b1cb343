// SPDX-License-Identifier: MIT
#include <xtape/layers/stateless.hpp>

#include "ranges.hpp"

namespace xtape::inline XTAPE_ABI {

Dropout::Dropout(double rate, Location at) : options_{.rate = rate} {
  check_fraction({"dropout", at}, "rate", rate);
}

}  // namespace xtape::inline XTAPE_ABI
