// SPDX-License-Identifier: MIT
#include <xtape/layers/transformer.hpp>

#include "layers/affine.hpp"
#include "ranges.hpp"

#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/dropout.hpp>
#include <xtape/ops/shape.hpp>

#include <cmath>

namespace xtape::inline XTAPE_ABI {
namespace {

std::size_t hidden_of(const TransformerLayer::Options& o) {
  return o.hidden > 0 ? o.hidden : 4 * o.channels;
}

// Adds the rows of a table (length, channels) behind the first `past` to the steps of x.
Variable add_places(const Op& op, const Variable& x, std::size_t past, const Variable& table) {
  const std::size_t length = table.shape()[0], channels = table.shape()[1];
  if (x.rank() != 3 || x.shape()[2] != channels)
    throw ShapeError(op, text("expected (N, T, ", channels, "), got ", x.shape()));
  const std::size_t steps = past + x.shape()[1];
  if (steps > length)
    throw ShapeError(op,
                     text("expected at most ", length, " steps, got ", steps,
                          past > 0 ? " with those before " : " in ", x.shape()),
                     "cut the sequences, or make room by .length?");
  const SliceOptions rows{.begin = static_cast<std::ptrdiff_t>(past),
                          .end = static_cast<std::ptrdiff_t>(steps)};
  return add({x, op.at}, {slice(table, rows, op.at), op.at});
}

}  // namespace

TransformerLayer::TransformerLayer(const Options& o, Rng& rng, Location at)
    : attention_{{.channels = o.channels,
                  .heads = o.heads,
                  .causal = o.causal,
                  .dropout = o.dropout,
                  .bias = o.bias,
                  .weight_init = o.weight_init,
                  .out_weight_init = o.residual_weight_init},
                 rng,
                 at},
      linear1_{{.in = o.channels,
                .out = hidden_of(o),
                .activation = Activation::gelu,
                .bias = o.bias,
                .weight_init = o.weight_init},
               rng,
               at},
      linear2_{{.in = hidden_of(o),
                .out = o.channels,
                .bias = o.bias,
                .weight_init = o.residual_weight_init},
               rng,
               at},
      norm1_{{.channels = o.channels, .epsilon = o.epsilon}, at},
      norm2_{{.channels = o.channels, .epsilon = o.epsilon}, at},
      dropout_{o.dropout},
      norm_first_{o.norm_first} {}

// around + what a layer makes of the input, less what is dropped of that: in one pass where nothing is.
template <class Layer, class... Input>
Variable TransformerLayer::add_to(const Variable& around, Layer& layer, Location at,
                                  Input&&... input) const {
  if (dropout_ == 0 || around.tape({"dropout", at}).mode() == Mode::eval)
    return layer.add_to(around, input..., Activation::none, at);
  return add({around, at}, {dropout(layer(input..., at), {.rate = dropout_}, at), at});
}

Variable TransformerLayer::feed_forward(const Variable& around, const Variable& x, Location at) {
  return add_to(around, linear2_, at, dropout(linear1_(x, at), {.rate = dropout_}, at));
}

template <class... Others>
Variable TransformerLayer::apply(const Variable& x, Location at, Others&... others) {
  if (norm_first_) {
    const Variable y = add_to(x, attention_, at, norm1_(x, at), others...);
    return feed_forward(y, norm2_(y, at), at);
  }
  const Variable y = norm1_(add_to(x, attention_, at, x, others...), at);
  return norm2_(feed_forward(y, y, at), at);
}

Variable TransformerLayer::operator()(const Variable& x, Location at) { return apply(x, at); }

Variable TransformerLayer::operator()(const Variable& x, const Array& mask, Location at) {
  return apply(x, at, mask);
}

Variable TransformerLayer::operator()(const Variable& x, KeyValues& past, Location at) {
  return apply(x, at, past);
}

void TransformerLayer::parameters(ParameterList& list) {
  list("self_attn", attention_);
  list("linear1", linear1_);
  list("linear2", linear2_);
  list("norm1", norm1_);
  list("norm2", norm2_);
}

PositionalEncoding::PositionalEncoding(const Options& o, Location at) : table_{Array{}} {
  const Op op{"positional_encoding", at};
  check_count(op, "channels", o.channels);
  check_count(op, "length", o.length);
  Array table = uninitialized({o.length, o.channels});
  for (std::size_t t = 0; t < o.length; ++t)
    for (std::size_t c = 0; c < o.channels; ++c) {
      const double even = static_cast<double>(c - c % 2) / static_cast<double>(o.channels);
      const double angle = static_cast<double>(t) / std::pow(10000, even);
      table.data()[t * o.channels + c] =
          static_cast<Scalar>(c % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  table_ = std::move(table);
}

Variable PositionalEncoding::operator()(const Variable& x, Location at) const {
  return (*this)(x, 0, at);
}

Variable PositionalEncoding::operator()(const Variable& x, std::size_t past, Location at) const {
  const Op op{"positional_encoding", at};
  return add_places(op, x, past, x.tape(op).input(table_));
}

PositionEmbedding::PositionEmbedding(const Options& o, Rng& rng, Location at)
    : weight_{make_weight({"position_embedding", at}, {o.length, o.channels}, o.weight_init, rng)} {
  weight_.table = true;
}

Variable PositionEmbedding::operator()(const Variable& x, Location at) { return (*this)(x, 0, at); }

Variable PositionEmbedding::operator()(const Variable& x, std::size_t past, Location at) {
  const Op op{"position_embedding", at};
  return add_places(op, x, past, x.tape(op).parameter(weight_, at));
}

void PositionEmbedding::parameters(ParameterList& list) { list("weight", weight_); }

}  // namespace xtape::inline XTAPE_ABI
