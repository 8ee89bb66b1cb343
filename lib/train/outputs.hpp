// SPDX-License-Identifier: MIT
// What metrics take from a step.
#pragma once

#include "text.hpp"

#include <xtape/train/task.hpp>

namespace xtape::inline XTAPE_ABI {

/// The output that a metric is of. Throws ValueError where there are not so many.
inline const Array& output_of(const StepResult& step, const MetricOptions& options) {
  if (options.output >= step.outputs.size())
    throw ValueError(Op::nowhere("metric"), text("the step has ", step.outputs.size(),
                                                 " outputs, none of number ", options.output));
  return step.outputs[options.output].value();
}

/// The target that a metric is of. Throws ValueError where there are not so many.
inline const data::Column& target_of(const data::Batch& batch, const MetricOptions& options) {
  if (options.target >= batch.targets.size())
    throw ValueError(Op::nowhere("metric"), text("the batch has ", batch.targets.size(),
                                                 " targets, none of number ", options.target));
  return batch.targets[options.target];
}

}  // namespace xtape::inline XTAPE_ABI
