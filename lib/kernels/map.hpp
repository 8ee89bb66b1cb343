// SPDX-License-Identifier: MIT
// Functions applied element by element.
#pragma once

#include <xtape/activation.hpp>

#include <cstddef>

namespace xtape::inline XTAPE_ABI::kernels {

/// y[i] = f(x[i]); x and y may be the same array.
using Map = void (*)(const Scalar* x, Scalar* y, std::size_t size);

struct MapKernels {
  Map exp, log, tanh, sigmoid, softplus, relu;

  /// y = activation(x); x and y may be the same array.
  void (*activate)(Activation, const Scalar* x, Scalar* y, std::size_t size);
  /// dx = g * activation'(x), given y = activation(x); g and dx may be the same array.
  void (*activate_grad)(Activation, const Scalar* y, const Scalar* g, Scalar* dx, std::size_t size);
};

}  // namespace xtape::inline XTAPE_ABI::kernels
