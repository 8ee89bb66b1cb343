// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cell.hpp"

namespace xtape::inline XTAPE_ABI {

/// What a recurrent op was called with, for those who watch. Its inputs are x, the weights, and those of these that
/// there are, in this order; its results y, h and, of an LSTM, c.
struct RecurrentCall {
  kernels::Cell cell;
  bool reverse, input_bias, recurrent_bias, initial;
};

}  // namespace xtape::inline XTAPE_ABI
