// SPDX-License-Identifier: MIT
#include <xtape/train/task.hpp>

namespace xtape::inline XTAPE_ABI {

Task supervised_task(detail::Forward model, std::vector<NamedArray> arrays, OutputLoss loss,
                     std::vector<Metric> metrics, Location at) {
  auto step = [model = std::move(model), loss = std::move(loss), at](
                  Tape& tape, const data::Batch& batch) -> StepResult {
    const Variable output = model(tape, batch.input(at), at);
    return {loss(output, batch), {output}};
  };
  return {.arrays = std::move(arrays), .step = std::move(step), .metrics = std::move(metrics)};
}

}  // namespace xtape::inline XTAPE_ABI
