// SPDX-License-Identifier: MIT
/// \file
/// A drawing of what a tape has recorded.
#pragma once

#include <xtape/parameter.hpp>
#include <xtape/tape.hpp>

#include <span>
#include <string>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The recorded graph in the language of Graphviz, before the backward pass:
/// ```
/// Tape tape{Mode::train, rng};
/// Variable loss = softmax_cross_entropy(net(tape.input(images)), labels);
/// std::ofstream{"net.dot"} << dot(tape, parameters(net));
/// ```
/// and then `dot -Tsvg net.dot -o net.svg`. There is a box per op and an ellipse per parameter or variable,
/// with the shape of its value, in a frame per layer; an arrow leads from each input to the op that
/// used it, against the way of the gradient. Constants, which have no node, are not drawn. Parameters in
/// `names` have their names. A tape in Mode::eval has recorded nothing. Throws TapeError if the tape was
/// consumed.
std::string dot(const Tape& tape, std::span<const NamedParameter> names = {},
                Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
