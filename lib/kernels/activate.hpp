// SPDX-License-Identifier: MIT
// Activations in place, of what is in a cache.
#pragma once

#include <xtape/activation.hpp>
#include <xtape/config.hpp>

#include <cstddef>

namespace xtape::inline XTAPE_ABI::kernels {

/// Whether the derivative of an activation does not follow from its result, so that one that is needed is to be kept.
constexpr bool keeps_slope(Activation activation) { return activation == Activation::gelu; }

/// y = activation(y) for `count` elements, by the calling thread alone. Of an activation that keeps it, the derivative
/// goes to `slope`, unless that is null.
void activate(Activation activation, Scalar* y, Scalar* slope, std::size_t count);

}  // namespace xtape::inline XTAPE_ABI::kernels
