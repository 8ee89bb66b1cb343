// SPDX-License-Identifier: MIT
// What dense and the convolutions share: an optional bias and an activation fused into the op.
#pragma once

#include "kernels/strided.hpp"
#include "ops/activation.hpp"
#include "ops/steps.hpp"
#include "text.hpp"

#include <xtape/record.hpp>

#include <array>
#include <optional>

namespace xtape::inline XTAPE_ABI {

/// The bias's elements, or null. Throws ShapeError unless its shape is (out,).
inline const Scalar* checked_bias(const Op& op, const Variable* bias, std::size_t out) {
  if (bias == nullptr) return nullptr;
  if (bias->shape() != Shape{out})
    throw ShapeError(op, text("expected a bias of shape (", out, ",), got ", bias->shape()));
  return bias->value().data();
}

/// y = activation(y + bias), over the last axis; a null bias is none.
inline void finish(Array& y, const Variable* bias, Activation activation) {
  if (bias != nullptr)
    activation_of(activation).biased.into(y, y, bias->value());
  else if (activation != Activation::none)
    activation_of(activation).op.value().into(y, y);
}

/// Takes the gradient back through the activation of y, which is kept only if there is one.
inline auto through_activation(Activation activation, const Value& y) {
  std::optional<Value> kept;
  if (activation != Activation::none) kept = y;
  return through(
      [activation, kept = std::move(kept)](Array& g) {
        // Of g, the input, which it does not read, and the result.
        if (kept) activation_of(activation).op.gradient(0).into(g, g, g, **kept);
      },
      [activation](const Variable& g, const Kept& of) {
        return applied(activation_of(activation).op.gradient(0), std::array{g, g, of.result()});
      });
}

/// A bias among the arguments of `record`, if there is one. Its gradient is the sum over all axes but the last.
struct WrtBias {
  const Variable* bias;

  struct Sum {
    Array operator()(const Array& g) const { return kernels::sum_to(g, {g.shape().back()}); }
    Variable again(const Variable& g, const Kept&) const { return g; }  // the tape sums it
  };
  static constexpr bool suits(bool several) { return !several; }
  void inputs(auto visit) const {
    if (bias != nullptr) visit(*bias);
  }
  void edges(detail::Recorder& to) const {
    if (bias != nullptr) to.edge(*bias, Sum{});
  }
};

}  // namespace xtape::inline XTAPE_ABI
