// SPDX-License-Identifier: MIT
/// \file
/// Recurrent layers over sequences (N, T, in): one or several, each of which gets the result of the one before, in one
/// direction or in both. Parameters have PyTorch's names: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0` and
/// `bias_hh_l0` of the first layer, with `_reverse` behind those that go back. They all start as PyTorch's do, in
/// U(-a, a) with a = 1 / sqrt(width).
/// ```
/// Sequential net{LSTM{{.in = 64, .width = 256}, rng}, Dense{{.in = 256, .out = 65}, rng}};
/// ```
#pragma once

#include <xtape/layers/init.hpp>
#include <xtape/ops/recurrent.hpp>
#include <xtape/parameter.hpp>

#include <functional>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// What recurrent layers have in common.
class RecurrentLayer {
 public:
  /// What a recurrent layer is made of.
  struct Options {
    std::size_t in = 0;      ///< numbers of a step, at least 1
    std::size_t width = 0;   ///< H, numbers of the state, at least 1
    std::size_t layers = 1;  ///< at least 1
    bool bidirectional =
        false;         ///< the result of the way back behind that of the other: (N, T, 2 H)
    bool bias = true;  ///< whether there are biases
    Activation activation =
        Activation::tanh;          ///< of a plain network, or relu; others have their own
    Initializer weight_init = {};  ///< for weights (in, blocks H) of the input; none is PyTorch's
    Initializer recurrent_init = {};  ///< for those (H, blocks H) of the state
    Initializer bias_init = {};       ///< for biases (blocks H,)
  };
  /// The state of each layer, of one that goes both ways forward first.
  using States = PooledVector<RecurrentState>;
  /// A result and the state to go on from.
  struct Result {
    Variable y;     ///< (N, T, H), or (N, T, 2 H) of both directions
    States states;  ///< after the last step; on the way back after the first
  };

  /// Goes over sequences from states of zeros. Throws as the op of the layer does.
  Variable operator()(const Variable& x, Location at = Location::current());
  /// Goes on from states, for sequences in parts and one step after the other; none are zeros. Throws ValueError for
  /// another number of them.
  Result operator()(const Variable& x, const States& states, Location at = Location::current());
  /// Lists the weights and biases.
  void parameters(ParameterList& list);

 protected:
  /// What its op does.
  using Apply = std::function<RecurrentResult(const Variable& x, const RecurrentWeights&,
                                              const std::optional<RecurrentState>&, bool reverse,
                                              Location at)>;
  /// A layer whose op has a name and so many blocks. Draws the weights from `rng`.
  RecurrentLayer(const Op& op, std::size_t blocks, Apply apply, const Options& options, Rng& rng);

 private:
  // One direction of one layer.
  struct Pass {
    Parameter input, recurrent;
    std::vector<Parameter> biases;  // none, or of the input and of the state
  };
  RecurrentResult run(Pass& pass, const Variable& x, const std::optional<RecurrentState>& state,
                      bool reverse, Location at);

  const char* name_;
  Apply apply_;
  bool both_ways_;
  std::vector<Pass> passes_;
};

/// A long short-term memory. See `lstm`.
class LSTM : public RecurrentLayer {
 public:
  /// Draws the initial weights from `rng`. Throws ValueError for a size of 0.
  LSTM(const Options& options, Rng& rng, Location at = Location::current());
};

/// A gated recurrent unit. See `gru`.
class GRU : public RecurrentLayer {
 public:
  /// Draws the initial weights from `rng`. Throws ValueError for a size of 0.
  GRU(const Options& options, Rng& rng, Location at = Location::current());
};

/// A plain recurrent network. See `rnn`.
class RNN : public RecurrentLayer {
 public:
  /// Draws the initial weights from `rng`. Throws ValueError for a size of 0 or another activation.
  RNN(const Options& options, Rng& rng, Location at = Location::current());
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
