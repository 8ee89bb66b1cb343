// SPDX-License-Identifier: MIT
// What docs/tutorial/text.md shows.
#include <xtape/xtape.hpp>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

using namespace xtape;

namespace {

//! [model]
struct Model {
  Embedding embedding;
  LSTM lstm;
  Dense head;

  Variable operator()(Tape& tape, const Ids& ids) { return head(lstm(embedding(tape, ids))); }
  void parameters(ParameterList& list) {
    list("embedding", embedding), list("lstm", lstm), list("head", head);
  }
};
//! [model]

//! [transformer]
struct Transformer {
  Embedding embedding;
  PositionEmbedding positions;
  std::vector<TransformerLayer> layers;
  LayerNorm norm;
  Dense head;

  Variable operator()(Tape& tape, const Ids& ids) {
    Variable x = positions(embedding(tape, ids));
    for (TransformerLayer& layer : layers) x = layer(x);
    return head(norm(x));
  }
  void parameters(ParameterList& list) {
    list("embedding", embedding), list("positions", positions), list("layers", layers);
    list("norm", norm), list("head", head);
  }
};
//! [transformer]

//! [write]
std::string write(Model& model, const data::Vocabulary& vocabulary, std::string text,
                  std::size_t length, Rng& rng) {
  std::vector<std::int32_t> ids = vocabulary.encode(text);
  RecurrentLayer::States states;
  while (text.size() < length) {
    Tape tape{Mode::eval};
    for (RecurrentState& s : states)  // of a tape that is gone
      s = {tape.input(s.h.shared_value()), tape.input(s.c->shared_value())};
    const Variable x = model.embedding(tape, {ids, {1, ids.size()}});
    const auto [y, after] = model.lstm(x, states);
    const Variable logits = model.head(slice(y, {.axis = 1, .begin = -1}));
    const auto next = sample(logits.value(), rng, {.temperature = 0});
    ids.assign(next.begin(), next.end());
    text += vocabulary.decode(ids);
    states = after;
  }
  return text;
}
//! [write]

//! [transformer_writes]
std::string write(Transformer& model, const data::Vocabulary& vocabulary, const std::string& text,
                  std::size_t length, std::size_t context, Rng& rng) {
  std::vector<std::int32_t> ids = vocabulary.encode(text);
  while (ids.size() < length) {
    Tape tape{Mode::eval};
    const std::span seen = std::span{std::as_const(ids)}.last(std::min(ids.size(), context));
    const Variable logits = slice(model(tape, {seen, {1, seen.size()}}), {.axis = 1, .begin = -1});
    ids.push_back(sample(logits.value(), rng, {.temperature = 0.8})[0]);
  }
  return vocabulary.decode(ids);
}
//! [transformer_writes]

}  // namespace

int main() {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "she sells sea shells by the sea shore. ";
  //! [data]
  const data::Vocabulary vocabulary{text};
  const auto [train, validation] =
      data::split(data::TextDataset{vocabulary.encode(text), {.context = 32, .stride = 4}}, 0.2);
  //! [data]

  //! [fit]
  Rng rng{1};
  const std::size_t letters = vocabulary.size();
  Model model{Embedding{{.vocabulary = letters, .width = 16}, rng},
              LSTM{{.in = 16, .width = 48}, rng}, Dense{{.in = 48, .out = letters}, rng}};
  const Task task = classification(model, {.metrics = {perplexity()}});
  const History history =
      fit(task, train, validation, {.epochs = 15, .batch_size = 16, .log = nullptr}, rng,
          ClipNorm{1}, Adam{{.learning_rate = 5e-3}});
  //! [fit]
  std::printf("%zu letters, %zu parameters\n", letters, parameter_count(model));
  std::printf("perplexity %.1f\n", history.test()["perplexity"]);

  //! [onnx]
  export_onnx("text.onnx", model, {32});  // ids (N, 32)
  //! [onnx]
  std::remove("text.onnx");

  //! [asking]
  std::printf("%s\n", write(model, vocabulary, "she", 38, rng).c_str());
  //! [asking]

  //! [layers]
  GRU both{{.in = 3, .width = 8, .layers = 2, .bidirectional = true}, rng};
  Tape tape{Mode::eval};
  const Variable x = tape.input(zeros({5, 7, 3}));  // five sequences of seven steps
  const auto [y, states] = both(x, GRU::States{});
  //! [layers]

  //! [sizes]
  Transformer other{Embedding{{.vocabulary = letters, .width = 16}, rng},
                    PositionEmbedding{{.channels = 16, .length = 32}, rng},
                    {},
                    LayerNorm{{.channels = 16, .epsilon = 1e-5}},
                    Dense{{.in = 16, .out = letters}, rng}};
  for (int i = 0; i < 2; ++i)
    other.layers.emplace_back(
        TransformerLayer::Options{.channels = 16, .heads = 4, .causal = true, .dropout = 0.1}, rng);
  //! [sizes]
  std::printf("%zu parameters\n", parameter_count(other));
  std::printf("%zu letters of one that has learnt nothing\n",
              write(other, vocabulary, "she", 38, 32, rng).size());
  std::printf("%s, %zu states\n", to_string(y.shape()).c_str(), states.size());
}
