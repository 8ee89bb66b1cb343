// SPDX-License-Identifier: MIT
/// \file
/// What a pass is for.
#pragma once

#include <xtape/config.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// What a pass is for. Dropout, for one, is the identity in evaluation.
enum class Mode {
  train,  ///< ops are recorded, so that gradients can be had
  eval,   ///< nothing is recorded, and a value lives only as long as its Variable
  derive,  ///< train, for a tape that also keeps what `Tape::gradient` needs for gradients of gradients
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
