// SPDX-License-Identifier: MIT
// What fit, evaluate and predict ask of data.
#pragma once

#include "text.hpp"

#include <xtape/data/dataset.hpp>

namespace xtape::inline XTAPE_ABI {

/// Throws ValueError for a batch size of 0 and a dataset, called `name`, without samples.
inline void check_data(const Op& op, const char* name, const data::Dataset& dataset,
                       std::size_t batch_size) {
  if (batch_size == 0) throw ValueError(op, "expected a batch size of at least 1, got 0");
  if (dataset.size() == 0) throw ValueError(op, text("the ", name, " set is empty"));
}

}  // namespace xtape::inline XTAPE_ABI
