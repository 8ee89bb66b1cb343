// SPDX-License-Identifier: MIT
#include <xtape/train/predict.hpp>

#include "text.hpp"
#include "train/checks.hpp"

#include <algorithm>
#include <utility>

namespace xtape::inline XTAPE_ABI {
namespace {

// The rows of an output, batch after batch.
class Rows {
 public:
  explicit Rows(std::size_t samples) : samples_{samples} {}

  void add(const Op& op, const Variable& output, std::size_t first, std::size_t count) {
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
    std::copy_n(output.value().data(), output.size(), all_.data() + first * row);
    done_ += count;
  }
  // Of which there must be so many.
  Array& take(const Op& op, std::size_t count) {
    if (done_ != count)
      throw ShapeError(op, text("an output is there for ", done_, " of ", count, " samples"),
                       "a step has the same outputs for each batch");
    return all_;
  }

 private:
  std::size_t samples_, done_ = 0;
  Array all_;
};

// The batches of a dataset, which ranks share.
class Shared {
 public:
  Shared(const data::Dataset& dataset, const PredictOptions& options)
      : op_{"predict", options.at}, dataset_{dataset}, batch_size_{options.batch_size} {
    check_data(op_, "data", dataset, batch_size_);
    batches_ = (dataset.size() - 1) / batch_size_ + 1;
    world_ = sharing(options.world, dataset.size(), batch_size_);
  }
  template <class Use>
  void each(Use use) const {
    each_batch(op_, dataset_, batch_size_, world_, use);
  }
  void add(Rows& rows, const Variable& output, const data::Batch& batch) const {
    rows.add(op_, output, batch.number * batch_size_, batch.size());
  }
  // With those of the others.
  Array complete(Rows& rows) const {
    if (world_ == nullptr) return std::move(rows.take(op_, dataset_.size()));
    const auto [first, count] = samples_of(world_->rank());
    Array& all = rows.take(op_, count);
    const std::size_t row = all.size() / dataset_.size();
    for (std::size_t rank = 0; rank < world_->size(); ++rank) {
      const auto [begin, theirs] = samples_of(rank);
      world_->broadcast(std::span{all.data() + begin * row, theirs * row}, rank);
    }
    return std::move(all);
  }

 private:
  // The first, and how many.
  std::pair<std::size_t, std::size_t> samples_of(std::size_t rank) const {
    const Part part{rank, world_->size(), batches_};
    const std::size_t first = part.first * batch_size_;
    return {first, std::min(part.end * batch_size_, dataset_.size()) - first};
  }

  Op op_;
  const data::Dataset& dataset_;
  std::size_t batch_size_, batches_;
  distributed::World* world_ = nullptr;
};

}  // namespace

std::vector<Array> predict(const Task& task, const data::Dataset& dataset,
                           const PredictOptions& options) {
  const Shared shared{dataset, options};
  std::vector<Rows> rows;
  shared.each([&](Tape& tape, const data::Batch& batch) {
    const StepResult result = task.step(tape, batch);
    const std::size_t outputs = result.outputs.size();
    if (outputs > rows.size()) rows.resize(outputs, Rows{dataset.size()});
    for (std::size_t i = 0; i < outputs; ++i) shared.add(rows[i], result.outputs[i], batch);
  });
  std::vector<Array> all;
  for (Rows& each : rows) all.push_back(shared.complete(each));
  return all;
}

Array predict_model(const detail::Forward& model, const data::Dataset& dataset,
                    const PredictOptions& options) {
  const Shared shared{dataset, options};
  Rows rows{dataset.size()};
  shared.each([&](Tape& tape, const data::Batch& batch) {
    shared.add(rows, model(tape, batch.input(options.at), options.at), batch);
  });
  return shared.complete(rows);
}

}  // namespace xtape::inline XTAPE_ABI
