// SPDX-License-Identifier: MIT
// Scaled dot-product attention by blocks of queries and keys (Dao et al., 2022): no array has an element for each query
// and key. Forward keeps the logarithm of each row's sum, from which backward computes the weights again.
#pragma once

#include "kernels/scores.hpp"
#include "kernels/strided.hpp"

#include <optional>

namespace xtape::inline XTAPE_ABI::kernels {

/// The steps of all sequences as rows, a stride apart, each with its heads beside each other.
template <class T>
struct Steps {
  T* data;
  std::size_t stride;
};

/// Queries (N, queries, heads depth), keys (N, keys, heads depth) and values (N, keys, heads width), or their gradients.
template <class T>
struct Projections {
  Steps<T> q, k, v;
};

/// Which keys a query sees: those where the mask, with a stride for each of (N, heads, queries, keys), is not 0.
struct AttentionMask {
  const Scalar* data;
  Strides strides;
};

struct Attention {
  std::size_t batch, heads, queries, keys;
  std::size_t depth, width;  ///< of a head of queries and keys, and of one of values
  bool causal = false;  ///< a query sees the keys up to its own place; there are as many of both
  Scalar scale = 1;     ///< of the scores, above 0
  ScoreDropout dropout = {};
  std::optional<AttentionMask> mask = {};

  /// The result y (N, queries, heads width) and, for each of (N, heads, queries), the logarithm of the sum of e^score.
  void forward(const Projections<const Scalar>& x, Steps<Scalar> y, Scalar* log_sum) const;
  /// The gradients of x by that of y.
  void backward(const Projections<const Scalar>& x, Steps<const Scalar> y, const Scalar* log_sum,
                Steps<const Scalar> dy, const Projections<Scalar>& dx) const;
};

}  // namespace xtape::inline XTAPE_ABI::kernels
