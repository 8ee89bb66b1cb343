// SPDX-License-Identifier: MIT
/// \file
/// Activations along an axis.
#pragma once

#include <xtape/tape.hpp>

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

/// The axis of glu.
struct GluOptions {
  std::ptrdiff_t axis = -1;  ///< negative ones count from the last
};
/// a sigmoid(b) for the halves a and b of an axis, which then is half as long (Dauphin et al., 2017). Derivatives:
/// sigmoid(b), and a sigmoid(b) (1 - sigmoid(b)). Throws ShapeError for an axis that x lacks or of an odd size.
Variable glu(const Variable& x, const GluOptions& options = {}, Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
