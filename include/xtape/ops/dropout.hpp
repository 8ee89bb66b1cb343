// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/tape.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Options of dropout.
struct DropoutOptions {
  double rate = 0.5;  ///< the probability that an element is dropped, in [0, 1)
};

/// On a tape in Mode::train, each element of x is 0 with probability `rate`, else x / (1 - rate), so
/// that its mean stays (Srivastava et al., 2014). Derivative: 0 or 1 / (1 - rate). On a tape in
/// Mode::eval, x itself. The choice depends on the tape's key and the number of the op on the tape, not
/// on the number of threads. Throws ValueError for a rate outside [0, 1), TapeError if the tape was made
/// without a generator.
Variable dropout(const Variable& x, const DropoutOptions& options = {},
                 Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
