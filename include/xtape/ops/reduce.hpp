// SPDX-License-Identifier: MIT
/// \file
/// Reductions over axes.
#pragma once

#include <xtape/tape.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Which axes a reduction removes: `sum(x, {.axes = {0, 2}})`.
struct ReduceOptions {
  Axes axes = {};          ///< negative ones count from the last; none means all
  bool keep_dims = false;  ///< keep the reduced axes with size 1
};

/// The sum over axes. Derivative: 1. Throws ShapeError for an axis that x does not have or that is
/// given twice.
Variable sum(const Variable& x, const ReduceOptions& options = {},
             Location at = Location::current());
/// The mean over axes. Derivative: 1 / count. Throws ShapeError as sum does, and for a mean of nothing.
Variable mean(const Variable& x, const ReduceOptions& options = {},
              Location at = Location::current());
/// The maximum over axes. The gradient is divided equally among equal maxima, as in Keras and JAX.
/// Throws ShapeError as sum does, and for a maximum of nothing.
Variable max(const Variable& x, const ReduceOptions& options = {},
             Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
