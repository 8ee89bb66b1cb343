// SPDX-License-Identifier: MIT
/// \file
/// Who else makes the same pass at the same time.
#pragma once

#include <xtape/config.hpp>

#include <cstddef>
#include <span>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Those who make the same passes at the same time, each with its part of a batch: what an op can ask of them all.
/// Every one asks for the same, in the same order. A distributed::World is one, of ranks. See Tape::synchronise.
class Peers {
 public:
  /// How many there are, with this one.
  virtual std::size_t size() const noexcept = 0;
  /// The sums of the numbers of all, element by element, in their place; all get the same bits.
  virtual void sum(std::span<double> numbers) = 0;

 protected:
  Peers() = default;
  ~Peers() = default;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
