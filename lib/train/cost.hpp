// SPDX-License-Identifier: MIT
// How epochs are compared.
#pragma once

#include <xtape/train/history.hpp>

#include <string_view>

namespace xtape::inline XTAPE_ABI {

/// What is to be low: the number of that name, such as `accuracy` or `train.loss`, with its sign changed where higher
/// is better. NaN counts as infinite, which is never the best. Throws ValueError, of `op`, if there is no such number.
double cost(const EpochReport& report, std::string_view name,
            const Op& op = Op::nowhere("metrics"));

/// What a history compares its epochs by, if nothing else is said.
inline std::string_view or_own(std::string_view name, const History& history) {
  return name.empty() ? std::string_view{history.monitor} : name;
}

}  // namespace xtape::inline XTAPE_ABI
