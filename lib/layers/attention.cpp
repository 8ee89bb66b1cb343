// SPDX-License-Identifier: MIT
#include <xtape/layers/attention.hpp>

#include "layers/affine.hpp"
#include "ranges.hpp"

#include <xtape/ops/shape.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI {
namespace {

const MultiHeadAttention::Options& checked_attention(const Op& op,
                                                     const MultiHeadAttention::Options& o) {
  check_count(op, "channels", o.channels);
  check_count(op, "heads", o.heads);
  check_fraction(op, "dropout", o.dropout);
  if (o.channels % o.heads != 0)
    throw ValueError(
        op, text("expected heads that divide the ", o.channels, " channels, got ", o.heads));
  return o;
}

// Of the last steps of some, 1 where one sees another, which is no later.
Array no_later(std::size_t last, std::size_t all) {
  Array mask = zeros({last, all});
  for (std::size_t i = 0; i < last; ++i)
    std::fill_n(mask.data() + i * all, all - last + i + 1, Scalar{1});
  return mask;
}

}  // namespace

MultiHeadAttention::MultiHeadAttention(const Options& o, Rng& rng, Location at)
    : weight_{make_weight(
          {"multi_head_attention", at},
          {checked_attention({"multi_head_attention", at}, o).channels, 3 * o.channels},
          o.weight_init, rng)},
      bias_{make_bias({"multi_head_attention", at}, o.bias, 3 * o.channels,
                      fans_of(weight_.shape()), init::zeros, rng)},
      out_{{.in = o.channels, .out = o.channels, .bias = o.bias, .weight_init = o.out_weight_init},
           rng,
           at},
      options_{.heads = o.heads, .causal = o.causal, .dropout = o.dropout} {}

void MultiHeadAttention::check(const Variable& x, Location at) const {
  const std::size_t channels = weight_.shape()[0];
  if (x.rank() != 3 || x.shape()[2] != channels)
    throw ShapeError({"multi_head_attention", at},
                     text("expected (N, T, ", channels, "), got ", x.shape()));
}

Variable MultiHeadAttention::projected(const Variable& x, std::size_t begin, std::size_t end,
                                       Location at) {
  check(x, at);
  Tape& tape = x.tape({"multi_head_attention", at});
  const std::size_t channels = weight_.shape()[0];
  const auto columns = [&](Parameter& parameter, std::ptrdiff_t axis) {
    Variable all = tape.parameter(parameter, at);
    if (end - begin == 3) return all;
    return slice(all,
                 {.axis = axis,
                  .begin = static_cast<std::ptrdiff_t>(begin * channels),
                  .end = static_cast<std::ptrdiff_t>(end * channels)},
                 at);
  };
  const Variable weight = columns(weight_, 1);
  return bias_ ? dense(x, weight, columns(*bias_, 0), {}, at) : dense(x, weight, {}, at);
}

Variable MultiHeadAttention::attended(const Variable& x, Location at) {
  return scaled_dot_product_attention(projected(x, 0, 3, at), options_, at);
}

Variable MultiHeadAttention::attended(const Variable& x, const Array& mask, Location at) {
  AttentionOptions options = options_;
  options.mask = Value{mask};
  return scaled_dot_product_attention(projected(x, 0, 3, at), options, at);
}

Variable MultiHeadAttention::attended(const Variable& x, KeyValues& past, Location at) {
  if (!options_.causal)
    throw ValueError({"multi_head_attention", at},
                     "only causal attention goes on behind other steps",
                     "as earlier ones see later ones; .causal = true?");
  if (past.keys.has_value() != past.values.has_value())
    throw ValueError({"multi_head_attention", at},
                     text("expected keys and values of earlier steps, or neither, got ",
                          past.keys ? "keys" : "values", " alone"));
  const auto parts = split(projected(x, 0, 3, at), {.parts = 3, .axis = 2}, at);
  AttentionOptions options = options_;
  if (past.keys) {
    past.keys = concatenate({*past.keys, parts[1]}, {.axis = 1}, at);
    past.values = concatenate({*past.values, parts[2]}, {.axis = 1}, at);
    options.causal = false;
    const std::size_t steps = x.shape()[1];
    if (steps > 1) options.mask = Value{no_later(steps, past.keys->shape()[1])};
  } else {
    past = {parts[1], parts[2]};
  }
  return scaled_dot_product_attention(parts[0], *past.keys, *past.values, options, at);
}

Variable MultiHeadAttention::operator()(const Variable& x, Location at) {
  return out_(attended(x, at), at);
}

Variable MultiHeadAttention::operator()(const Variable& x, const Array& mask, Location at) {
  return out_(attended(x, mask, at), at);
}

Variable MultiHeadAttention::operator()(const Variable& x, KeyValues& past, Location at) {
  return out_(attended(x, past, at), at);
}

Variable MultiHeadAttention::add_to(const Variable& around, const Variable& x,
                                    Activation activation, Location at) {
  return out_.add_to(around, attended(x, at), activation, at);
}

Variable MultiHeadAttention::add_to(const Variable& around, const Variable& x, const Array& mask,
                                    Activation activation, Location at) {
  return out_.add_to(around, attended(x, mask, at), activation, at);
}

Variable MultiHeadAttention::add_to(const Variable& around, const Variable& x, KeyValues& past,
                                    Activation activation, Location at) {
  return out_.add_to(around, attended(x, past, at), activation, at);
}

Variable MultiHeadAttention::operator()(const Variable& x, const Variable& others, Location at) {
  const Variable q = projected(x, 0, 1, at);
  const auto kv = split(projected(others, 1, 3, at), {.axis = 2}, at);
  return out_(scaled_dot_product_attention(q, kv[0], kv[1], options_, at), at);
}

void MultiHeadAttention::parameters(ParameterList& list) {
  list("in_proj_weight", weight_);
  if (bias_) list("in_proj_bias", *bias_);
  list("out_proj", out_);
}

}  // namespace xtape::inline XTAPE_ABI
