// SPDX-License-Identifier: MIT
#include <xtape/distributed/all_reduce.hpp>

#include "distributed/buckets.hpp"
#include "ranges.hpp"

#include <ranges>
#include <utility>

namespace xtape::inline XTAPE_ABI::distributed {
// What passes of a step have in common: gradients, buffers, and how much the passes count.
class AllReduce::Sums {
 public:
  Sums(World& world, const std::vector<NamedBuffer>& named, const AllReduceOptions& options)
      : world_{world},
        gradients_{world, options.first_bucket, options.bucket},
        values_{world, options.bucket, options.bucket} {
    for (const auto& [name, buffer] : named) buffers_.push_back({buffer, buffer->value});
  }

  void weight(double weight, bool last) {
    weights_.push_back(weight);
    if (!last) return;
    for (std::size_t n = weights_.size() / 2; n > 0; n /= 2)  // along the same tree
      for (std::size_t i = 0; i < n; ++i) weights_[i] = weights_[2 * i] + weights_[2 * i + 1];
    sum_of_weights_ = world_.start_sum(std::span{weights_}.first(1));
  }
  void gradient(Parameter& parameter, std::size_t pass, bool last) {
    Array& gradient = parameter.grad();
    Subtotals& subtotals = subtotals_[parameter];
    if (subtotals.count() != pass)
      throw ValueError(Op::nowhere("all_reduce"),
                       text("a parameter of shape ", parameter.shape(), " is in pass ", pass + 1,
                            " of a step and was in ", subtotals.count(), " before"),
                       "all passes of a step must use the same");
    subtotals.add(gradient, last);
    if (last) gradients_.add(gradient);
  }
  // Each pass begins with what there was before the step. What the first leaves alone, the others do, too.
  void buffers(bool first, bool last) {
    for (Kept& kept : buffers_) {
      if (first) kept.changes = &*kept.buffer->value != &*kept.before;
      if (!kept.changes) continue;
      kept.now = *std::exchange(kept.buffer->value, kept.before);
      kept.subtotals.add(kept.now, last);
      if (last) values_.add(kept.now);
    }
  }
  void finish(std::size_t shards) {
    gradients_.flush();
    values_.flush();
    sum_of_weights_.wait();
    gradients_.finish(weights_.empty() || weights_[0] == 0 ? 1 : weights_[0]);
    values_.finish(static_cast<double>(shards));
    for (Kept& kept : buffers_)
      if (kept.changes) kept.before = kept.buffer->value = Value{std::move(kept.now)};
    weights_.clear();
  }

 private:
  struct Kept {
    Buffer* buffer;
    Value before;          // the step
    bool changes = false;  // in a step
    Array now{};
    Subtotals subtotals = {};
  };
  World& world_;
  std::vector<double> weights_ = {};  // of the passes so far; at the end the first is the sum
  Pending sum_of_weights_;
  std::vector<Kept> buffers_;  // ends after the sums of what it has
  Buckets gradients_, values_;
  PerParameter<Subtotals> subtotals_;
};

AllReduce::AllReduce(World& world, const std::vector<NamedBuffer>& buffers,
                     const AllReduceOptions& options, Location at)
    : shards_{world.shards(options.shards, at)},
      sums_{std::make_unique<Sums>(world, buffers, options)} {}

AllReduce::~AllReduce() = default;

AllReduce& AllReduce::weighted(double weight, Location at) {
  check_not_negative({name(), at}, "weight", weight);
  weight_ = weight;
  return *this;
}

void AllReduce::ready(Parameter& parameter) {
  if (is_idle()) return;
  if (ready_++ == 0 && weight_) sums_->weight(*weight_, is_last());
  sums_->gradient(parameter, done_, is_last());
}

void AllReduce::begin(std::span<Parameter* const> parameters) {
  if (ready_ == 0)  // there was no backward pass
    for (Parameter* const parameter : parameters | std::views::reverse) ready(*parameter);
  if (done_ == 0) parameters_ = ready_;
  if (ready_ != parameters.size() || ready_ != parameters_)
    throw ValueError(
        Op::nowhere(name()),
        text("a pass has ", parameters.size(), " parameters, another of its step ", parameters_),
        "all passes of a step must use the same");
  sums_->buffers(done_ == 0, is_last());
  if (is_last()) sums_->finish(shards_.count);
  done_ = is_last() ? 0 : done_ + 1;
  ready_ = 0;
  weight_.reset();
}

}  // namespace xtape::inline XTAPE_ABI::distributed
