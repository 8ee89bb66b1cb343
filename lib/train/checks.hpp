// SPDX-License-Identifier: MIT
// What fit, evaluate and predict ask of data, and how data are gone over without training.
#pragma once

#include "ranges.hpp"

#include <xtape/data/batches.hpp>
#include <xtape/distributed/world.hpp>
#include <xtape/tape.hpp>

namespace xtape::inline XTAPE_ABI {

/// Throws ValueError for a batch size of 0, which is that option, and a dataset, called `name`, without samples.
inline void check_data(const Op& op, const char* name, const data::Dataset& dataset,
                       std::size_t batch_size, const char* option = "batch_size") {
  check_count(op, option, batch_size);
  if (dataset.size() == 0) throw ValueError(op, text("the ", name, " set is empty"));
}

/// Which of so many things, one after the other, are a rank's.
struct Part {
  Part(std::size_t rank, std::size_t ranks, std::size_t things)
      : first{rank * things / ranks}, end{(rank + 1) * things / ranks} {}
  std::size_t first, end;
};

/// The ranks among which batches are divided: null where some would have none, and not know what is in one. There each
/// does all.
inline distributed::World* sharing(distributed::World* world, std::size_t samples,
                                   std::size_t batch_size) {
  return world != nullptr && world->size() <= (samples - 1) / batch_size + 1 ? world : nullptr;
}

/// Calls use(tape, batch) for each batch, in evaluation mode; of several ranks each has some. Throws what check_data
/// does.
template <class Use>
void each_batch(const Op& op, const data::Dataset& dataset, std::size_t batch_size,
                const distributed::World* world, Use use) {
  check_data(op, "data", dataset, batch_size);
  auto batches = data::batches(dataset, batch_size, op.at);
  if (world != nullptr) {
    const Part own{world->rank(), world->size(), batches.size()};
    batches.skip(own.first);
    batches.take(own.end - own.first);
  }
  for (const data::Batch& batch : batches) {
    Tape tape{Mode::eval};
    use(tape, batch);
  }
}

}  // namespace xtape::inline XTAPE_ABI
