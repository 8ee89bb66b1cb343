// SPDX-License-Identifier: MIT
// What dense and conv2d share: an optional bias and an activation fused into the op.
#pragma once

#include "kernels/kernels.hpp"
#include "text.hpp"

#include <xtape/tape.hpp>

#include <optional>

namespace xtape::inline XTAPE_ABI {

/// The bias's elements, or null. Throws ShapeError unless its shape is (out,).
inline const Scalar* checked_bias(const Op& op, const Variable* bias, std::size_t out) {
  if (bias == nullptr) return nullptr;
  if (bias->shape() != Shape{out})
    throw ShapeError(op, text("expected a bias of shape (", out, ",), got ", bias->shape()));
  return bias->value().data();
}

/// Takes the gradient back through the activation of y, which is kept only if there is one.
inline auto through_activation(Activation activation, const Value& y) {
  std::optional<Value> kept;
  if (activation != Activation::none) kept = y;
  return through([activation, kept = std::move(kept)](Array& g) {
    if (kept)
      kernels::table().activate_grad(activation, (*kept)->data(), g.data(), g.data(), g.size());
  });
}

/// The gradient of a bias: the sum over all axes but the last.
inline Array bias_grad(const Array& g) {
  const std::size_t columns = g.shape().back();
  Array sum = uninitialized({columns});
  kernels::table().sum_rows({columns == 0 ? 0 : g.size() / columns, columns}, g.data(), sum.data());
  return sum;
}

}  // namespace xtape::inline XTAPE_ABI
