// SPDX-License-Identifier: MIT
// How this process was started.
#pragma once

#include "distributed/engine.hpp"

#include <xtape/error.hpp>

namespace xtape::inline XTAPE_ABI::distributed {

/// The engine of the launcher that has started this process among others; null if none has. Throws DataError where
/// its module is missing or does not fit.
const message_passing::Engine* engine_of_launcher(const Op& op);

}  // namespace xtape::inline XTAPE_ABI::distributed
