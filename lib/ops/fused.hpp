// SPDX-License-Identifier: MIT
// What dense and the convolutions share: an optional bias and an activation fused into the op.
#pragma once

#include "kernels/activate.hpp"
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

/// Throws ShapeError unless what goes around has the shape of what it is added to; null is nothing.
inline void check_around(const Op& op, const Variable* around, const Shape& shape) {
  if (around != nullptr && around->shape() != shape)
    throw ShapeError(op, text("expected ", shape, " to add to, got ", around->shape()),
                     "should the shortcut have that shape?");
}

/// A result, and what the gradient of its activation reads, if there is one.
struct Activated {
  Activated(Activation by, Array result, std::optional<Array> slope = {})
      : activation{by}, y{std::move(result)} {
    if (slope)
      kept.emplace(std::move(*slope));
    else if (activation != Activation::none)
      kept = y;
  }
  /// Takes the gradient of the result back.
  void back(Array& g) const {
    if (kept) activation_of(activation).back.into(g, g, **kept);
  }

  Activation activation;
  Value y;
  std::optional<Value> kept;
};

/// activation(y + bias), over the last axis; a null bias is none.
inline Activated finish(Array y, const Variable* bias, Activation activation) {
  const bool slopes = kernels::keeps_slope(activation);
  const Activation first = slopes ? Activation::none : activation;
  if (bias != nullptr)
    activation_of(first).biased.into(y, y, bias->value());
  else if (first != Activation::none)
    activation_of(first).op.value().into(y, y);
  if (!slopes) return {activation, std::move(y)};
  Array slope = uninitialized(y.shape());
  kernels::parallel_ranges(
      y.size(), kernels::elementwise_grain, [&](std::size_t begin, std::size_t end) {
        kernels::activate(activation, y.data() + begin, slope.data() + begin, end - begin);
      });
  return {activation, std::move(y), std::move(slope)};
}

/// Takes the gradient back through an activation. In other ops, it is in what the op is `defined` as.
inline auto through_activation(Activated of) {
  return through([of = std::move(of)](Array& g) { of.back(g); });
}

/// The same, and in ops: `sums` is what of the op's inputs the activation was applied to, which is asked for where the
/// result does not tell the slope.
template <class Sums>
auto through_activation(Activated of, Sums sums) {
  const Activation activation = of.activation;
  return through([of = std::move(of)](Array& g) { of.back(g); },
                 [activation, sums](const Variable& g, const Kept& op) {
                   if (activation == Activation::none) return g;
                   const auto& [whole, back, biased] = activation_of(activation);
                   if (!kernels::keeps_slope(activation)) {
                     const Variable of_result[] = {g, op.result()};
                     return applied(back, of_result);
                   }
                   const Variable x = sums(op.inputs);
                   const Variable of_both[] = {g, x, activate(x, activation)};
                   return applied(whole.gradient(0), of_both);
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
