// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/layers/dense.hpp>
#include <xtape/ops/attention.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The keys and values that attention has made of the steps so far, (N, S, channels) both; none at first.
struct KeyValues {
  std::optional<Variable> keys = {};    ///< what later steps compare their queries with
  std::optional<Variable> values = {};  ///< what they take the means of
};

/// Attention of the steps of sequences (N, T, channels) to one another, or to those of others, by several heads
/// (Vaswani et al., 2017): queries, keys and values are projections of the steps, and the result is one of what
/// `scaled_dot_product_attention` makes of them. Parameters have the names and the order that PyTorch's have.
class MultiHeadAttention {
 public:
  /// What it is made of.
  struct Options {
    std::size_t channels = 0;                            ///< size of the last axis, at least 1
    std::size_t heads = 1;                               ///< at least 1; it divides the channels
    bool causal = false;                                 ///< step i sees the steps up to i alone
    double dropout = 0;                                  ///< of the weights of attention, in [0, 1)
    bool bias = true;                                    ///< whether projections have one
    Initializer weight_init = init::glorot_uniform;      ///< for (channels, 3 channels)
    Initializer out_weight_init = init::glorot_uniform;  ///< for (channels, channels), behind it
  };

  /// Draws the initial weights from `rng`. Throws ValueError for an option out of its range.
  MultiHeadAttention(const Options& options, Rng& rng, Location at = Location::current());

  /// Attends to x itself. Throws ShapeError unless x is (N, T, channels).
  Variable operator()(const Variable& x, Location at = Location::current());
  /// The same where step i sees step j only if the mask, which broadcasts to (N, heads, T, T), is not 0.
  Variable operator()(const Variable& x, const Array& mask, Location at = Location::current());
  /// Attends to others, (N, S, channels), as a decoder does to what is encoded.
  Variable operator()(const Variable& x, const Variable& others, Location at = Location::current());
  /// Goes on behind the steps of `past`, to which x is added: sequences in parts, or one step after the other, get what
  /// they would get as a whole. Throws ValueError unless it is causal, and for keys without values.
  Variable operator()(const Variable& x, KeyValues& past, Location at = Location::current());
  /// activation(around + what the layer makes of x), in one pass: see `add_dense`.
  Variable add_to(const Variable& around, const Variable& x,
                  Activation activation = Activation::none, Location at = Location::current());
  /// The same with a mask.
  Variable add_to(const Variable& around, const Variable& x, const Array& mask,
                  Activation activation = Activation::none, Location at = Location::current());
  /// The same behind other steps.
  Variable add_to(const Variable& around, const Variable& x, KeyValues& past,
                  Activation activation = Activation::none, Location at = Location::current());
  /// Lists `in_proj_weight`, `in_proj_bias`, `out_proj.weight` and `out_proj.bias`.
  void parameters(ParameterList& list);

 private:
  void check(const Variable& x, Location at) const;
  // The columns [begin, end) of the three projections, of x.
  Variable projected(const Variable& x, std::size_t begin, std::size_t end, Location at);
  // Attention of x to itself, before the last projection.
  Variable attended(const Variable& x, Location at);
  Variable attended(const Variable& x, const Array& mask, Location at);
  Variable attended(const Variable& x, KeyValues& past, Location at);

  Parameter weight_;
  std::optional<Parameter> bias_;
  Dense out_;
  AttentionOptions options_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
