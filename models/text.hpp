// SPDX-License-Identifier: MIT
/// \file
/// Architectures for text: what comes next.
#pragma once

#include <xtape/layers.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace xtape::inline XTAPE_ABI::models {

/// What a model of text keeps of what it has read; nothing at first.
struct ReadText {
  RecurrentLayer::States states = {};  ///< of an LSTM
  std::vector<KeyValues> layers = {};  ///< of the layers of a transformer
  std::size_t steps = 0;               ///< ids of each text
};

/// A model of text: of ids (N, T) the logits of what follows each, (N, T, vocabulary).
class TextModel {
 public:
  virtual ~TextModel() = default;
  /// Applies the model.
  virtual Variable operator()(Tape& tape, const Ids& ids, Location at = Location::current()) = 0;
  /// Goes on behind what it has read on this tape, to which the ids are added.
  virtual Variable operator()(Tape& tape, const Ids& ids, ReadText& read,
                              Location at = Location::current()) = 0;
  /// Lists its parameters.
  virtual void parameters(ParameterList& list) = 0;
};

/// An embedding, an LSTM and a dense layer, which start as PyTorch's do. With a vocabulary of 65, 350,593 parameters.
class TextLSTM final : public TextModel {
 public:
  /// Its sizes.
  struct Options {
    std::size_t vocabulary = 0;  ///< how many ids there are, at least 1
    std::size_t embedding = 64;  ///< numbers for each id
    std::size_t width = 256;     ///< of the LSTM
    std::size_t layers = 1;      ///< of the LSTM
  };
  /// Draws the initial weights from `rng`.
  TextLSTM(const Options& options, Rng& rng);

  Variable operator()(Tape& tape, const Ids& ids, Location at = Location::current()) override;
  Variable operator()(Tape& tape, const Ids& ids, ReadText& read,
                      Location at = Location::current()) override;
  /// Lists `embedding`, `lstm` and `head`.
  void parameters(ParameterList& list) override;

 private:
  Embedding embedding_;
  LSTM lstm_;
  Dense head_;
};

/// A transformer such as GPT-2 (Radford et al., 2019) is: embeddings of ids and of their places, causal layers that
/// normalise first, and a normalisation and a dense layer without bias behind them. Weights start from N(0, 0.02^2), those
/// that end a way of a layer from that divided by sqrt(2 layers). With a vocabulary of 65, 818,176 parameters.
class TextTransformer final : public TextModel {
 public:
  /// Its sizes.
  struct Options {
    std::size_t vocabulary = 0;  ///< how many ids there are, at least 1
    std::size_t context = 64;    ///< the most ids of a text
    std::size_t layers = 4;      ///< one behind the other
    std::size_t heads = 4;       ///< of a layer; it divides the channels
    std::size_t channels = 128;  ///< numbers for each id
    double dropout = 0;          ///< of the embeddings and in the layers, in [0, 1)
  };
  /// Draws the initial weights from `rng`.
  TextTransformer(const Options& options, Rng& rng);

  /// Throws ShapeError for texts longer than the context.
  Variable operator()(Tape& tape, const Ids& ids, Location at = Location::current()) override;
  Variable operator()(Tape& tape, const Ids& ids, ReadText& read,
                      Location at = Location::current()) override;
  /// Lists `embedding`, `positions`, `layers`, `norm` and `head`.
  void parameters(ParameterList& list) override;

 private:
  Embedding embedding_;
  PositionEmbedding positions_;
  Dropout dropout_;
  std::vector<TransformerLayer> layers_;
  LayerNorm norm_;
  Dense head_;
};

/// Makes a model for a vocabulary and for texts of at most so many ids.
using MakeTextModel = std::unique_ptr<TextModel> (*)(std::size_t vocabulary, std::size_t context,
                                                     Rng& rng);

/// The models of text that programs offer by their names.
const std::map<std::string, MakeTextModel>& text_models();

}  // namespace xtape::inline XTAPE_ABI::models
