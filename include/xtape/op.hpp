// SPDX-License-Identifier: MIT
/// \file
/// What an op is called, and where.
#pragma once

#include <xtape/config.hpp>

#include <source_location>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Where in the user's code an op was called.
using Location = std::source_location;

/// The name of an op and the place where it was called. Converts from the name alone, and is then the
/// place of the conversion: `record("mul", ...)`.
struct Op {
  /// An op of that name, at the place where this is written.
  constexpr Op(const char* op, Location place = Location::current(), double computes = 0)
      : name{op}, at{place}, flops{computes} {}
  /// Something that has no place in the user's code to point at, such as a damaged file.
  static constexpr Op nowhere(const char* name) { return {name, Location{}}; }
  const char* name;  ///< as in the function's name, the node's label and the tag of its errors
  Location at;       ///< the caller
  /// Multiplications and additions of the forward pass, for a Profiler: 0 for an op that is limited by
  /// memory. The gradient of each input is taken to cost as much, but for
  /// those of one axis, which are biases.
  double flops;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
