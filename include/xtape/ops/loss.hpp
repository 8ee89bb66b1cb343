// SPDX-License-Identifier: MIT
/// \file
/// Losses of predictions beside targets; for classes there is softmax_cross_entropy.
#pragma once

#include <xtape/tape.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The mean of (prediction - target)^2 over all elements, a scalar. Derivative: 2 (prediction - target)
/// / count, and its negative for the target. The shapes are equal: a loss does not broadcast. Throws
/// ShapeError if they differ or are empty.
Variable mse(const Variable& prediction, const Variable& target, Location at = Location::current());
/// The same for a target that is a constant.
Variable mse(const Variable& prediction, const Array& target, Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
