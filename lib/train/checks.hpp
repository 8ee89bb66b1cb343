// SPDX-License-Identifier: MIT
// What fit, evaluate and predict ask of data.
#pragma once

#include "ranges.hpp"

#include <xtape/data/dataset.hpp>

namespace xtape::inline XTAPE_ABI {

/// Throws ValueError for a batch size of 0, which is that option, and a dataset, called `name`, without samples.
inline void check_data(const Op& op, const char* name, const data::Dataset& dataset,
                       std::size_t batch_size, const char* option = "batch_size") {
  check_count(op, option, batch_size);
  if (dataset.size() == 0) throw ValueError(op, text("the ", name, " set is empty"));
}

}  // namespace xtape::inline XTAPE_ABI
