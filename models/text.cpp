// SPDX-License-Identifier: MIT
#include "text.hpp"

#include <cmath>

namespace xtape::inline XTAPE_ABI::models {

TextLSTM::TextLSTM(const Options& o, Rng& rng)
    : embedding_{{.vocabulary = o.vocabulary, .width = o.embedding}, rng},
      lstm_{{.in = o.embedding, .width = o.width, .layers = o.layers}, rng},
      head_{{.in = o.width,
             .out = o.vocabulary,
             .weight_init = init::torch_uniform,
             .bias_init = init::torch_uniform},
            rng} {}

Variable TextLSTM::operator()(Tape& tape, const Ids& ids, Location at) {
  return head_(lstm_(embedding_(tape, ids, at), at), at);
}

Variable TextLSTM::operator()(Tape& tape, const Ids& ids, ReadText& read, Location at) {
  auto [y, states] = lstm_(embedding_(tape, ids, at), read.states, at);
  read.states = std::move(states);
  read.steps += ids.shape.back();
  return head_(y, at);
}

void TextLSTM::parameters(ParameterList& list) {
  list("embedding", embedding_);
  list("lstm", lstm_);
  list("head", head_);
}

namespace {

Initializer normal(double deviation) {
  return [deviation](const Shape& shape, const Fans&, Rng& rng) {
    Array array = uninitialized(shape);
    for (Scalar& x : array.storage()) x = static_cast<Scalar>(deviation * rng.normal());
    return array;
  };
}

}  // namespace

TextTransformer::TextTransformer(const Options& o, Rng& rng)
    : embedding_{{.vocabulary = o.vocabulary, .width = o.channels, .weight_init = normal(0.02)},
                 rng},
      positions_{{.channels = o.channels, .length = o.context, .weight_init = normal(0.02)}, rng},
      dropout_{o.dropout},
      norm_{{.channels = o.channels, .epsilon = 1e-5}},
      head_{{.in = o.channels, .out = o.vocabulary, .bias = false, .weight_init = normal(0.02)},
            rng} {
  const double ends = 0.02 / std::sqrt(2 * static_cast<double>(o.layers));
  for (std::size_t i = 0; i < o.layers; ++i)
    layers_.emplace_back(TransformerLayer::Options{.channels = o.channels,
                                                   .heads = o.heads,
                                                   .causal = true,
                                                   .dropout = o.dropout,
                                                   .weight_init = normal(0.02),
                                                   .residual_weight_init = normal(ends)},
                         rng);
}

Variable TextTransformer::operator()(Tape& tape, const Ids& ids, Location at) {
  Variable x = dropout_(positions_(embedding_(tape, ids, at), at), at);
  for (TransformerLayer& layer : layers_) x = layer(x, at);
  return head_(norm_(x, at), at);
}

Variable TextTransformer::operator()(Tape& tape, const Ids& ids, ReadText& read, Location at) {
  read.layers.resize(layers_.size());
  Variable x = dropout_(positions_(embedding_(tape, ids, at), read.steps, at), at);
  for (std::size_t i = 0; i < layers_.size(); ++i) x = layers_[i](x, read.layers[i], at);
  read.steps += ids.shape.back();
  return head_(norm_(x, at), at);
}

void TextTransformer::parameters(ParameterList& list) {
  list("embedding", embedding_);
  list("positions", positions_);
  list("layers", layers_);
  list("norm", norm_);
  list("head", head_);
}

const std::map<std::string, MakeTextModel>& text_models() {
  static const std::map<std::string, MakeTextModel> all = {
      {"lstm",
       [](std::size_t vocabulary, std::size_t, Rng& rng) -> std::unique_ptr<TextModel> {
         return std::make_unique<TextLSTM>(TextLSTM::Options{.vocabulary = vocabulary}, rng);
       }},
      {"transformer",
       [](std::size_t vocabulary, std::size_t context, Rng& rng) -> std::unique_ptr<TextModel> {
         return std::make_unique<TextTransformer>(
             TextTransformer::Options{.vocabulary = vocabulary, .context = context}, rng);
       }}};
  return all;
}

}  // namespace xtape::inline XTAPE_ABI::models
