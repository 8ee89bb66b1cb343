// SPDX-License-Identifier: MIT
/// \file
/// Attention.
#pragma once

#include <xtape/tape.hpp>

#include <optional>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Options of scaled_dot_product_attention.
struct AttentionOptions {
  std::size_t heads = 1;  ///< how many the last axis of each input has, one beside the other
  bool causal = false;    ///< step i sees the steps up to i alone
  double dropout = 0;     ///< the probability that a weight is dropped, in [0, 1), in Mode::train
  std::optional<double> scale = {};  ///< of the scores, above 0; 1 / sqrt(d) unless it is given
  /// Step i sees step j where this is not 0: an array that broadcasts to (N, heads, T, S), such as (N, 1, 1, S), which
  /// leaves out what sequences are filled up with.
  std::optional<Value> mask = {};
};

/// softmax(scale q k^T) v of each head (Vaswani et al., 2017), for queries (N, T, heads d), keys (N, S, heads d) and
/// values (N, S, heads e), with a result (N, T, heads e). With weights w = softmax(s), s = scale q k^T and h = g v^T,
/// derivatives are dv = w^T g, ds = w (h - sum(w h)), dq = scale ds k and dk = scale ds^T q.
///
/// A step that sees nothing gets 0. Dropout sets weights to 0 and divides the others by 1 - dropout; the choice depends
/// on the tape's key and the number of the op on the tape, as that of `dropout`. Scores are computed by blocks, and again
/// for the gradient (Dao et al., 2022): memory is in proportion to T, not to T S.
///
/// Throws ShapeError where the shapes do not fit, for heads that do not divide the last axis, no keys at all, or causal
/// attention to another number of steps; ValueError for an option out of its range; TapeError for dropout on a tape
/// without a generator.
Variable scaled_dot_product_attention(const Variable& q, const Variable& k, const Variable& v,
                                      const AttentionOptions& options = {},
                                      Location at = Location::current());
/// The same for queries, keys and values (N, T, 3 heads d) beside each other, as one projection makes them; nothing is
/// split.
Variable scaled_dot_product_attention(const Variable& qkv, const AttentionOptions& options = {},
                                      Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
