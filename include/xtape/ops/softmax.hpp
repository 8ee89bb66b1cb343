// SPDX-License-Identifier: MIT
/// \file
/// Softmax and the losses.
#pragma once

#include <xtape/tape.hpp>

#include <cstdint>
#include <span>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The axis of softmax and log_softmax.
struct SoftmaxOptions {
  std::ptrdiff_t axis = -1;  ///< negative ones count from the last
};
/// e^x / sum(e^x) along an axis, without overflow. With y the result and g its gradient:
/// dx = y (g - sum(g y)). Throws ShapeError for an axis that x lacks or of size 0.
Variable softmax(const Variable& x, const SoftmaxOptions& options = {},
                 Location at = Location::current());
/// x - log(sum(e^x)) along an axis, without overflow. With y the result and g its gradient:
/// dx = g - e^y sum(g). Throws ShapeError as softmax does.
Variable log_softmax(const Variable& x, const SoftmaxOptions& options = {},
                     Location at = Location::current());

/// Options of softmax_cross_entropy.
struct CrossEntropyOptions {
  /// In [0, 1]: the targets become (1 - s) t + s / classes (Szegedy et al., 2016).
  double label_smoothing = 0;
};
/// The mean over the batch of -sum(t log(softmax(logits))), in nats, a scalar. The logits are
/// (N, classes), and t is 1 at each row's label and 0 elsewhere. Derivative: (softmax(logits) - t) / N.
/// Throws ShapeError unless there is one label per row and at least one row, ValueError for a label
/// outside [0, classes) or a smoothing outside [0, 1].
Variable softmax_cross_entropy(const Variable& logits, std::span<const std::int32_t> labels,
                               const CrossEntropyOptions& options = {},
                               Location at = Location::current());
/// The same for targets given as probabilities t, of the shape of the logits. They are constants; their
/// rows need not add up to 1. Throws ShapeError if the shapes differ, ValueError for a target that is
/// negative or not finite.
Variable softmax_cross_entropy(const Variable& logits, const Array& probabilities,
                               const CrossEntropyOptions& options = {},
                               Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
