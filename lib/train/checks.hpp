// SPDX-License-Identifier: MIT
// What fit, evaluate and predict ask of data, and how data are gone over without training.
#pragma once

#include "ranges.hpp"

#include <xtape/data/batches.hpp>
#include <xtape/tape.hpp>

namespace xtape::inline XTAPE_ABI {

/// Throws ValueError for a batch size of 0, which is that option, and a dataset, called `name`, without samples.
inline void check_data(const Op& op, const char* name, const data::Dataset& dataset,
                       std::size_t batch_size, const char* option = "batch_size") {
  check_count(op, option, batch_size);
  if (dataset.size() == 0) throw ValueError(op, text("the ", name, " set is empty"));
}

/// Calls use(tape, batch) for each batch, in evaluation mode. Throws what check_data does.
template <class Use>
void each_batch(const Op& op, const data::Dataset& dataset, std::size_t batch_size, Use use) {
  check_data(op, "data", dataset, batch_size);
  for (const data::Batch& batch : data::batches(dataset, batch_size)) {
    Tape tape{Mode::eval};
    use(tape, batch);
  }
}

}  // namespace xtape::inline XTAPE_ABI
