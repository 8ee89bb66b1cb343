// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/config.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// What a dense layer or a convolution applies to its result while it is still in the cache.
enum class Activation {
  none,     ///< x
  relu,     ///< max(x, 0)
  tanh,     ///< tanh(x)
  sigmoid,  ///< 1 / (1 + exp(-x))
  gelu,  ///< x times the probability that a normal number is below x, as the op `gelu` does exactly
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
