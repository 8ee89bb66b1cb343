// SPDX-License-Identifier: MIT
#include <xtape/train/predict.hpp>

#include "text.hpp"
#include "train/checks.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI {

Array predict_model(const Forward& model, const data::Dataset& dataset,
                    const PredictOptions& options) {
  const Op op{"predict", options.at};
  check_data(op, "data", dataset, options.batch_size);
  Array all;
  std::size_t done = 0;
  for (const auto& [images, labels] : data::batches(dataset, options.batch_size)) {
    Tape tape{Mode::eval};
    const Variable y = model(tape.input(images), options.at);
    Shape shape = y.shape();
    if (shape.empty() || shape[0] != labels.size())
      throw ShapeError(op, text("the model's output is ", shape, ", expected (", labels.size(),
                                ", ...): a row for each sample"));
    shape[0] = dataset.size();
    if (done == 0) all = uninitialized(shape);
    if (all.shape() != shape)
      throw ShapeError(op, text("the model's rows have the shapes ", all.shape(), " and ", shape,
                                " in different batches, the number of rows aside"));
    const std::size_t row = all.size() / dataset.size();
    std::copy_n(y.value().data(), y.size(), all.data() + done * row);
    done += labels.size();
  }
  return all;
}

}  // namespace xtape::inline XTAPE_ABI
