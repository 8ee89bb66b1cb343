// SPDX-License-Identifier: MIT
/// \file
/// Gradients of all ranks.
#pragma once

#include <xtape/distributed/world.hpp>
#include <xtape/visitor.hpp>

#include <memory>
#include <optional>
#include <span>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::distributed {

/// Options of AllReduce.
struct AllReduceOptions {
  /// Into how many shards a batch is cut, each the work of one pass; 0: as many as there are ranks. A power of two, at
  /// least as many as ranks, which are one, too, else.
  std::size_t shards = 0;
  std::size_t first_bucket = std::size_t{1}
                             << 20;            ///< bytes of gradients that are first sent at once
  std::size_t bucket = std::size_t{25} << 20;  ///< and of those that follow
};

/// A visitor that stands before an optimizer and gives it the sum of the gradients of all ranks, each of its own part of
/// the batch, so that all take the same step:
/// ```
/// distributed::World world;
/// distributed::AllReduce all_reduce{world, net};
/// auto batches = data::batches(train, 64, rng);
/// batches.shards(all_reduce.shards());
/// for (const data::Batch& batch : batches) {
///   Rng own{batch.key};
///   Tape tape{Mode::train, own};
///   const Variable loss = softmax_cross_entropy(net(tape.input(batch.input())), batch.target());
///   tape.backward(loss * batch.share, all_reduce, adam);  // shares add up to 1: the sum is the mean over the batch
/// }
/// ```
/// A batch is cut into a number of shards. Each is the work of one pass, on one rank, which has neighbouring ones, and
/// the optimizer's turn comes when the last is done. The gradients g_s of shards are added along a binary tree
/// ```
/// gradient = ((g_0 + g_1) + (g_2 + g_3)) + ...
/// ```
/// whose lower part is within a rank and whose upper part is between ranks. So for a number of shards that is given,
/// the bits are the same for 1, 2, 4, ... ranks. With as many shards as ranks, as unless told otherwise, a batch is
/// one pass on each rank, and the bits are the same from run to run.
///
/// What layers keep, as running statistics, is in each pass what it was before the step, and after it the mean of
/// what the passes have left, if AllReduce was made with the model: BatchNorm normalises each shard by itself, and
/// its running statistics are those of all. With one shard per rank, `tape.synchronise(world)` has it normalise by
/// those of the whole batch.
///
/// While a pass goes on, gradients that are complete are on their way already, some at a time: first few, so that it
/// begins early. One rank with one shard costs nothing.
class AllReduce : public Visitor {
 public:
  /// For parameters alone. Throws what `World::shards` does.
  explicit AllReduce(World& world, const AllReduceOptions& options = {},
                     Location at = Location::current())
      : AllReduce{world, std::vector<NamedBuffer>{}, options, at} {}
  /// For a model that may keep something beside its parameters. It must outlive this.
  template <class Model>
  requires requires(Model& net, ParameterList& list) { net.parameters(list); }
  AllReduce(World& world, Model& net, const AllReduceOptions& options = {},
            Location at = Location::current())
      : AllReduce{world, detail::buffers_of(named_arrays(net)), options, at} {}
  /// For a list of buffers.
  AllReduce(World& world, const std::vector<NamedBuffer>& buffers, const AllReduceOptions& options,
            Location at = Location::current());
  ~AllReduce() override;  ///< Waits for what is under way.

  /// The part of each batch that is this rank's.
  const data::Shards& shards() const noexcept { return shards_; }
  /// For a mean over terms whose number nobody knows beforehand, as where some are masked: the loss of the pass at hand was
  /// multiplied by `weight`, such as that number, and the sum of the gradients is divided by that of the weights. All
  /// passes of a step have one, or none. Where all are 0 the gradients are as they are added. Throws ValueError for a
  /// negative one.
  AllReduce& weighted(double weight, Location at = Location::current());

  const char* name() const noexcept override { return "all_reduce"; }
  /// All parameters; none for one rank with one shard, which has nothing to add, unless it has a weight.
  std::span<Parameter* const> select(std::span<Parameter* const> parameters) override {
    return is_idle() ? std::span<Parameter* const>{} : parameters;
  }
  /// Begins to add up a gradient.
  void ready(Parameter& parameter) override;
  /// Waits until the gradients of all ranks are there, in the last pass of a step. Throws CommunicationError, and
  /// ValueError if not all passes of the step have the same parameters.
  void begin(std::span<Parameter* const> parameters) override;
  /// Does nothing: it is done.
  void visit(Parameter&) override {}
  /// Whether all shards of the step are done.
  bool complete() const noexcept override { return done_ == 0; }

 private:
  class [[gnu::visibility("hidden")]] Sums;

  bool is_idle() const noexcept { return shards_.count == 1 && !weight_; }
  bool is_last() const noexcept { return done_ + 1 == shards_.own; }  // the pass at hand

  data::Shards shards_;
  std::size_t done_ = 0;               // passes of the step
  std::size_t ready_ = 0;              // gradients of the pass
  std::size_t parameters_ = 0;         // of the first pass of the step
  std::optional<double> weight_ = {};  // of the pass
  std::unique_ptr<Sums> sums_;
};

}  // namespace xtape::inline XTAPE_ABI::distributed
#pragma GCC visibility pop
