// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/activation.hpp>
#include <xtape/ops/elementwise.hpp>

namespace xtape::inline XTAPE_ABI {

/// An activation as an op, and as the end of another, maybe of one that adds a bias.
struct ActivationOp {
  Elementwise op;
  /// Its gradient in another op: of g and what is kept there, the result or, where that does not tell, the slope.
  Formula back = [f = op.gradient(0)](Term g, Term y) { return f(g, y, y); };
  Formula biased = [f = op.value()](Term x, Term bias) { return f(x + bias); };
};
const ActivationOp& activation_of(Activation activation);

/// The op of its name, of x; x itself for none.
Variable activate(const Variable& x, Activation activation, Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
