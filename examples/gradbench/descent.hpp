// SPDX-License-Identifier: MIT
// The gradient descent of `particle` and `saddle`, in which gradients are nested.
#pragma once

#include <xtape/xtape.hpp>

namespace gradbench {

/// d y / d x on a tape in Mode::derive, for a y of a single element.
using Derivative = xtape::Variable (*)(const xtape::Variable& y, const xtape::Variable& x);
/// A pass back.
xtape::Variable reverse(const xtape::Variable& y, const xtape::Variable& x);
/// A product J t for each element of x.
xtape::Variable forward(const xtape::Variable& y, const xtape::Variable& x);

/// Where f is smallest, from x on, as Pearlmutter and Siskind search it: a step is as long as the gradient times a
/// factor, which doubles after ten that led down, and is halved by one that did not. On the tape of x.
xtape::Variable argmin(const xtape::VariableFunction& f, Derivative derivative, xtape::Variable x);
/// The same with a tape for each step, which is gone behind it.
xtape::Array argmin(const xtape::VariableFunction& f, Derivative derivative, xtape::Array x);

}  // namespace gradbench
