// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/memory.hpp>
#include <xtape/parameter.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::detail {

/// The parameters that a pass has used, in the order of their first use, each with its node.
class UsedParameters {
 public:
  std::span<Parameter* const> all() const noexcept { return parameters_; }
  std::size_t size() const noexcept { return parameters_.size(); }
  /// Where one is among them; behind them all if it is not there.
  std::size_t place_of(const Parameter& parameter) const;
  std::uint32_t node(std::size_t place) const { return nodes_[place]; }
  /// The one of a node.
  const Parameter& of(std::uint32_t node) const;
  /// Adds one that is not there.
  void add(Parameter& parameter, std::uint32_t node);

 private:
  PooledVector<Parameter*> parameters_;
  PooledVector<std::uint32_t> nodes_;
  PooledVector<std::uint32_t> table_;  // a hash table of places, once these are many
};

}  // namespace xtape::inline XTAPE_ABI::detail
#pragma GCC visibility pop
