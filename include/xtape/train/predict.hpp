// SPDX-License-Identifier: MIT
/// \file
/// What a model says of data.
#pragma once

#include <xtape/train/fit.hpp>

#include <utility>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// What a model computes from x (N, ...), in evaluation mode. An array, as the tape ends with the call. Any
/// function of a Variable is a model: `predict([&](const Variable& x) { return softmax(net(x)); }, images)`.
/// Throws what the model throws.
template <class Model>
Array predict(Model&& model, Array x, Location at = Location::current()) {
  Tape tape{Mode::eval};
  return apply(model, tape.input(std::move(x)), at).value();
}

/// Options of predict for a dataset.
struct PredictOptions {
  std::size_t batch_size = 250;  ///< samples at a time, at least 1
  /// The ranks that share the batches, all of which get the result; null: this process alone.
  distributed::World* world = nullptr;
  Location at = Location::current();  ///< where predict was called, for its errors and the model's
};

/// What the steps of a task have as outputs for each sample of a dataset, in evaluation mode: row i of each array
/// (N, ...) is of sample i. Throws ValueError for a batch size of 0 and an empty dataset, ShapeError if an output
/// has not a row for each sample, as one that only some batches have.
std::vector<Array> predict(const Task& task, const data::Dataset& dataset,
                           const PredictOptions& options = {});

/// See `predict` for a dataset, which calls this.
Array predict_model(const detail::Forward& model, const data::Dataset& dataset,
                    const PredictOptions& options);

/// What a model computes from the input of each sample of a dataset, in evaluation mode: row i of the result (N, ...)
/// is of sample i. Throws ValueError for a batch size of 0 and an empty dataset, ShapeError if the model does not
/// return a row for each sample.
template <detail::IsModel Model>
Array predict(Model&& model, const data::Dataset& dataset, const PredictOptions& options = {}) {
  return predict_model(detail::forward_of(model), dataset, options);
}

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
