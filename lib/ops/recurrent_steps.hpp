// SPDX-License-Identifier: MIT
// Recurrent ops in simpler ones, a step at a time.
#pragma once

#include "ops/recurrent.hpp"

#include <xtape/variable.hpp>

#include <span>

namespace xtape::inline XTAPE_ABI {

/// The results of an op by its inputs, in the orders of RecurrentCall.
PooledVector<Variable> recurrence_in_steps(const RecurrentCall& call,
                                           std::span<const Variable> inputs);

}  // namespace xtape::inline XTAPE_ABI
