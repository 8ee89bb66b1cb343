// SPDX-License-Identifier: MIT
#include <xtape/train/fit.hpp>

#include "train/checks.hpp"
#include "train/totals.hpp"

namespace xtape::inline XTAPE_ABI {

Metrics evaluate(const Task& task, const data::Dataset& dataset, const EvaluateOptions& options) {
  const Op op{"evaluate", options.at};
  check_metrics(op, task);
  Totals totals{task};
  const std::size_t width = totals.width();
  std::vector<double> rows;  // of all batches, of which a rank has some
  each_batch(op, dataset, options.batch_size, options.world,
             [&](Tape& tape, const data::Batch& batch) {
               if (rows.size() < (batch.number + 1) * width)
                 rows.resize((batch.number + 1) * width);
               totals.measure(run_step(op, task, tape, batch), batch,
                              std::span{rows}.subspan(batch.number * width, width));
             });
  rows.resize(((dataset.size() - 1) / options.batch_size + 1) * width);
  if (options.world != nullptr) options.world->sum(std::span{rows});
  for (std::size_t i = 0; i < rows.size(); i += width)
    totals.add(std::span{rows}.subspan(i, width));
  return totals.metrics();
}

}  // namespace xtape::inline XTAPE_ABI
