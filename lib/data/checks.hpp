// SPDX-License-Identifier: MIT
// What several datasets ask of what they are given, and how an order is drawn.
#pragma once

#include "ranges.hpp"

#include <xtape/random.hpp>

#include <numeric>
#include <span>
#include <vector>

namespace xtape::inline XTAPE_ABI::data {

/// Throws ValueError unless a dataset of so many samples has that one.
inline void check_index(const Op& op, std::size_t index, std::size_t size) {
  if (index >= size)
    throw ValueError(op, text("expected an index less than ", size, ", got ", index));
}

/// Throws ValueError unless there is one weight for each sample, finite and at least 0.
inline void check_weights(const Op& op, std::span<const Scalar> weights, std::size_t samples) {
  if (weights.size() != samples)
    throw ValueError(
        op, text("expected ", samples, " weights, one for each sample, got ", weights.size()));
  for (const Scalar weight : weights) check_not_negative(op, "a weight", weight);
}

/// 0, 1, ..., size - 1.
inline std::vector<std::uint32_t> in_order(std::size_t size) {
  std::vector<std::uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0u);
  return order;
}

/// Brings them into an order of which each is equally likely (Fisher and Yates).
inline void shuffle(std::vector<std::uint32_t>& order, Rng& rng) {
  for (std::size_t left = order.size(); left > 1; --left)
    std::swap(order[left - 1], order[rng.below(left)]);
}

}  // namespace xtape::inline XTAPE_ABI::data
