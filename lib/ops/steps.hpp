// SPDX-License-Identifier: MIT
// Variables in the place of arrays, for gradients that are made of ops.
#pragma once

#include <xtape/formula.hpp>
#include <xtape/variable.hpp>

#include <span>

namespace xtape::inline XTAPE_ABI {

/// A formula of variables: an op for each of its steps.
Variable applied(const Formula& formula, std::span<const Variable> inputs);

/// x summed to a shape that broadcasts to its own.
Variable summed_to(const Variable& x, const Shape& shape);

/// x in a shape of as many elements.
Variable with_shape(const Variable& x, const Shape& shape);

/// A number as a constant of the tape of x.
Variable number_beside(const Variable& x, double number);

}  // namespace xtape::inline XTAPE_ABI
