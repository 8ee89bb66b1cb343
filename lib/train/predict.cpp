// SPDX-License-Identifier: MIT
#include <xtape/train/predict.hpp>

#include "text.hpp"
#include "train/checks.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI {
namespace {

// The rows of an output, batch after batch.
class Rows {
 public:
  explicit Rows(std::size_t samples) : samples_{samples} {}

  void add(const Op& op, const Variable& output, std::size_t count) {
    Shape shape = output.shape();
    if (shape.empty() || shape[0] != count)
      throw ShapeError(op, text("the model's output is ", shape, ", expected (", count,
                                ", ...): a row for each sample"));
    shape[0] = samples_;
    if (done_ == 0) all_ = uninitialized(shape);
    if (all_.shape() != shape)
      throw ShapeError(op, text("the model's rows have the shapes ", all_.shape(), " and ", shape,
                                " in different batches, the number of rows aside"));
    const std::size_t row = all_.size() / samples_;
    std::copy_n(output.value().data(), output.size(), all_.data() + done_ * row);
    done_ += count;
  }
  Array take(const Op& op) {
    if (done_ != samples_)
      throw ShapeError(op, text("an output is there for ", done_, " of ", samples_, " samples"),
                       "a step has the same outputs for each batch");
    return std::move(all_);
  }

 private:
  std::size_t samples_, done_ = 0;
  Array all_;
};

}  // namespace

std::vector<Array> predict(const Task& task, const data::Dataset& dataset,
                           const PredictOptions& options) {
  const Op op{"predict", options.at};
  std::vector<Rows> rows;
  each_batch(op, dataset, options.batch_size, [&](Tape& tape, const data::Batch& batch) {
    const StepResult result = task.step(tape, batch);
    const std::size_t outputs = result.outputs.size();
    if (outputs > rows.size()) rows.resize(outputs, Rows{dataset.size()});
    for (std::size_t i = 0; i < outputs; ++i) rows[i].add(op, result.outputs[i], batch.size());
  });
  std::vector<Array> all;
  for (Rows& each : rows) all.push_back(each.take(op));
  return all;
}

Array predict_model(const detail::Forward& model, const data::Dataset& dataset,
                    const PredictOptions& options) {
  const Op op{"predict", options.at};
  Rows rows{dataset.size()};
  each_batch(op, dataset, options.batch_size, [&](Tape& tape, const data::Batch& batch) {
    rows.add(op, model(tape, batch.input(options.at), options.at), batch.size());
  });
  return rows.take(op);
}

}  // namespace xtape::inline XTAPE_ABI
