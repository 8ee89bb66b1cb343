// SPDX-License-Identifier: MIT
#include <xtape/layers/attention.hpp>

#include "layers/affine.hpp"
#include "ranges.hpp"

#include <xtape/ops/shape.hpp>

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

Variable MultiHeadAttention::operator()(const Variable& x, Location at) {
  return out_(attended(x, at), at);
}

Variable MultiHeadAttention::operator()(const Variable& x, const Array& mask, Location at) {
  return out_(attended(x, mask, at), at);
}

Variable MultiHeadAttention::add_to(const Variable& around, const Variable& x, Location at) {
  return out_.add_to(around, attended(x, at), at);
}

Variable MultiHeadAttention::add_to(const Variable& around, const Variable& x, const Array& mask,
                                    Location at) {
  return out_.add_to(around, attended(x, mask, at), at);
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
