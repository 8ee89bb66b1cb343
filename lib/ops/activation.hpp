// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/activation.hpp>
#include <xtape/ops/elementwise.hpp>

namespace xtape::inline XTAPE_ABI {

/// An activation as an op, whose gradient is a function of its result, and as the end of one that adds a bias.
struct ActivationOp {
  Elementwise op;
  Formula biased = [f = op.value()](Term x, Term bias) { return f(x + bias); };
};
const ActivationOp& activation_of(Activation activation);

}  // namespace xtape::inline XTAPE_ABI
