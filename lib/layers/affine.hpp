// SPDX-License-Identifier: MIT
// What layers with a weight and a bias share.
#pragma once

#include "text.hpp"

#include <xtape/layers/init.hpp>
#include <xtape/parameter.hpp>
#include <xtape/tape.hpp>

#include <algorithm>
#include <optional>

namespace xtape::inline XTAPE_ABI {

// Of a layer whose weight is (..., in, out), with the taps of a kernel first: that of one of `groups` of its outputs.
inline Fans fans_of(const Shape& weight, std::size_t groups = 1) {
  std::size_t taps = 1;
  for (std::size_t i = 0; i + 2 < weight.size(); ++i) taps *= weight[i];
  return {taps * weight[weight.size() - 2], taps * weight.back() / groups};
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
                             Rng& rng, std::size_t groups = 1) {
  return make_parameter(op, shape, fans_of(shape, groups), initializer, rng);
}

inline std::optional<Parameter> make_bias(const Op& op, bool wanted, std::size_t out,
                                          const Fans& fans, const Initializer& initializer,
                                          Rng& rng) {
  if (!wanted) return std::nullopt;
  Array initial = initializer({out}, fans, rng);
  if (initial.shape() != Shape{out})
    throw ShapeError(
        op, text("the initialiser returned ", initial.shape(), " for a bias (", out, ",)"));
  return Parameter{std::move(initial)};
}

// call(weight), or call(weight, bias) if there is one.
template <class Call>
Variable apply_both(const Op& op, const Variable& x, Parameter& weight,
                    std::optional<Parameter>& bias, Call call) {
  Tape& tape = x.tape(op);
  const Variable w = tape.parameter(weight, op.at);
  return bias ? call(w, tape.parameter(*bias, op.at)) : call(w);
}

inline void list_both(ParameterList& list, Parameter& weight, std::optional<Parameter>& bias) {
  list("weight", weight);
  if (bias) list("bias", *bias);
}

}  // namespace xtape::inline XTAPE_ABI
