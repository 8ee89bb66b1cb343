// SPDX-License-Identifier: MIT
#include "text.hpp"

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

void TextLSTM::parameters(ParameterList& list) {
  list("embedding", embedding_);
  list("lstm", lstm_);
  list("head", head_);
}

const std::map<std::string, MakeTextModel>& text_models() {
  static const std::map<std::string, MakeTextModel> all = {
      {"lstm", [](std::size_t vocabulary, std::size_t, Rng& rng) -> std::unique_ptr<TextModel> {
         return std::make_unique<TextLSTM>(TextLSTM::Options{.vocabulary = vocabulary}, rng);
       }}};
  return all;
}

}  // namespace xtape::inline XTAPE_ABI::models
