// SPDX-License-Identifier: MIT
/// \file
/// What transformers are made of, beside attention.
#pragma once

#include <xtape/layers/attention.hpp>
#include <xtape/layers/normalization.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// A layer of a transformer (Vaswani et al., 2017), for sequences (N, T, channels): attention, then two dense layers for
/// each step, each with a skip connection and a normalisation, before what it does (Xiong et al., 2020) or after the sum:
/// ```
/// norm_first:  x = x + self_attn(norm1(x));    x = x + linear2(gelu(linear1(norm2(x))))
/// else:        x = norm1(x + self_attn(x));    x = norm2(x + linear2(gelu(linear1(x))))
/// ```
/// The names are those of PyTorch's TransformerEncoderLayer. With `causal` it is the layer of a decoder alone, such as
/// GPT's.
class TransformerLayer {
 public:
  /// What it is made of.
  struct Options {
    std::size_t channels = 0;  ///< size of the last axis, at least 1
    std::size_t heads = 1;     ///< of the attention; at least 1, it divides the channels
    std::size_t hidden = 0;    ///< what the first dense layer makes of a step; 0: 4 channels
    bool causal = false;       ///< step i sees the steps up to i alone
    double dropout =
        0;  ///< of weights of attention, hidden numbers and what both ways add, in [0, 1)
    bool norm_first = true;  ///< whether normalisation comes before attention and dense layers
    double epsilon = 1e-5;   ///< of the normalisation
    bool bias = true;        ///< whether projections and dense layers have one
    Initializer weight_init = init::glorot_uniform;  ///< for all weights but the next
    Initializer residual_weight_init =
        init::glorot_uniform;  ///< for those that end a way: `out_proj`, `linear2`
  };

  /// Draws the initial weights from `rng`. Throws ValueError for an option out of its range.
  TransformerLayer(const Options& options, Rng& rng, Location at = Location::current());

  /// Applies the layer. Throws ShapeError unless x is (N, T, channels).
  Variable operator()(const Variable& x, Location at = Location::current());
  /// The same where step i sees step j only if the mask, which broadcasts to (N, heads, T, T), is not 0.
  Variable operator()(const Variable& x, const Array& mask, Location at = Location::current());
  /// Goes on behind the steps of `past`, to which x is added, if it is causal: see MultiHeadAttention.
  Variable operator()(const Variable& x, KeyValues& past, Location at = Location::current());
  /// Lists `self_attn`, `linear1`, `linear2`, `norm1` and `norm2`.
  void parameters(ParameterList& list);

 private:
  template <class... Others>
  Variable apply(const Variable& x, Location at, Others&... others);
  template <class Layer, class... Input>
  Variable add_to(const Variable& around, Layer& layer, Location at, Input&&... input) const;
  Variable feed_forward(const Variable& around, const Variable& x, Location at);

  MultiHeadAttention attention_;
  Dense linear1_, linear2_;
  LayerNorm norm1_, norm2_;
  double dropout_;
  bool norm_first_;
};

/// Adds to each step of sequences (N, T, channels) where it is, as waves of ever lower frequency (Vaswani et al., 2017):
/// sin(t / 10000^(c / channels)) in channels c of even numbers, the cosine of the same in the next ones.
class PositionalEncoding {
 public:
  /// What it is made of.
  struct Options {
    std::size_t channels = 0;   ///< size of the last axis, at least 1
    std::size_t length = 5000;  ///< the most steps, at least 1
  };
  /// Throws ValueError for an option out of its range.
  explicit PositionalEncoding(const Options& options, Location at = Location::current());

  /// Applies the layer. Throws ShapeError unless x is (N, T, channels), of at most as many steps as it is made for.
  Variable operator()(const Variable& x, Location at = Location::current()) const;
  /// The same behind so many other steps.
  Variable operator()(const Variable& x, std::size_t past, Location at = Location::current()) const;

 private:
  Value table_;
};

/// Adds a vector that is learnt for each place to the steps of sequences (N, T, channels).
class PositionEmbedding {
 public:
  /// What it is made of.
  struct Options {
    std::size_t channels = 0;                        ///< size of the last axis, at least 1
    std::size_t length = 0;                          ///< the most steps, at least 1
    Initializer weight_init = init::glorot_uniform;  ///< for the weight (length, channels)
  };
  /// Draws the initial weight from `rng`. Throws ValueError for an option out of its range.
  PositionEmbedding(const Options& options, Rng& rng, Location at = Location::current());

  /// Applies the layer. Throws ShapeError unless x is (N, T, channels), of at most as many steps as it is made for.
  Variable operator()(const Variable& x, Location at = Location::current());
  /// The same behind so many other steps.
  Variable operator()(const Variable& x, std::size_t past, Location at = Location::current());
  /// Lists `weight`.
  void parameters(ParameterList& list);

 private:
  Parameter weight_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
