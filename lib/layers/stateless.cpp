// SPDX-License-Identifier: MIT
#include <xtape/layers/stateless.hpp>

#include "ops/dropout.hpp"

namespace xtape::inline XTAPE_ABI {

Dropout::Dropout(double rate, Location at) : options_{.rate = rate} {
  check_rate({"dropout", at}, rate);
}

}  // namespace xtape::inline XTAPE_ABI
