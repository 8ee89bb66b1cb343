// SPDX-License-Identifier: MIT
// What layers with a weight and a bias share.
#pragma once

#include "text.hpp"

#include <xtape/layers/init.hpp>
#include <xtape/parameter.hpp>

#include <algorithm>
#include <optional>

namespace xtape::inline XTAPE_ABI {

// Of a layer whose weight is (..., in, out), with the taps of a kernel first.
inline Fans fans_of(const Shape& weight) {
  std::size_t taps = 1;
  for (std::size_t i = 0; i + 2 < weight.size(); ++i) taps *= weight[i];
  return {taps * weight[weight.size() - 2], taps * weight.back()};
}

inline Parameter make_parameter(const Op& op, const Shape& shape, const Fans& fans,
                                const Initializer& initializer, Rng& rng) {
  if (std::find(shape.begin(), shape.end(), 0u) != shape.end())
    throw ValueError(op, text("expected sizes of at least 1, got ", shape));
  Array initial = initializer(shape, fans, rng);
  if (initial.shape() != shape)
    throw ShapeError(op, text("the initialiser returned ", initial.shape(), " for ", shape));
  return Parameter{std::move(initial)};
}

inline Parameter make_weight(const Op& op, const Shape& shape, const Initializer& initializer,
                             Rng& rng) {
  return make_parameter(op, shape, fans_of(shape), initializer, rng);
}

inline std::optional<Parameter> make_bias(const Op& op, bool wanted, const Shape& weight,
                                          const Initializer& initializer, Rng& rng) {
  if (!wanted) return std::nullopt;
  const std::size_t out = weight.back();
  Array initial = initializer({out}, fans_of(weight), rng);
  if (initial.shape() != Shape{out})
    throw ShapeError(
        op, text("the initialiser returned ", initial.shape(), " for a bias (", out, ",)"));
  return Parameter{std::move(initial)};
}

inline void list_both(ParameterList& list, Parameter& weight, std::optional<Parameter>& bias) {
  list("weight", weight);
  if (bias) list("bias", *bias);
}

}  // namespace xtape::inline XTAPE_ABI
