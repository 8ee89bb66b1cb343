// SPDX-License-Identifier: MIT
/// \file
/// Architectures for text: what comes next.
#pragma once

#include <xtape/layers.hpp>

#include <map>
#include <memory>
#include <string>

namespace xtape::inline XTAPE_ABI::models {

/// A model of text: of ids (N, T) the logits of what follows each, (N, T, vocabulary).
class TextModel {
 public:
  virtual ~TextModel() = default;
  /// Applies the model.
  virtual Variable operator()(Tape& tape, const Ids& ids, Location at = Location::current()) = 0;
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
  /// Lists `embedding`, `lstm` and `head`.
  void parameters(ParameterList& list) override;

 private:
  Embedding embedding_;
  LSTM lstm_;
  Dense head_;
};

/// Makes a model for a vocabulary and for texts of at most so many ids.
using MakeTextModel = std::unique_ptr<TextModel> (*)(std::size_t vocabulary, std::size_t context,
                                                     Rng& rng);

/// The models of text that programs offer by their names.
const std::map<std::string, MakeTextModel>& text_models();

}  // namespace xtape::inline XTAPE_ABI::models
