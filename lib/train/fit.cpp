// SPDX-License-Identifier: MIT
#include <xtape/train/fit.hpp>

#include "ranges.hpp"
#include "train/best_weights.hpp"
#include "train/checks.hpp"
#include "train/cost.hpp"
#include "train/history_columns.hpp"
#include "train/listed.hpp"
#include "train/progress.hpp"
#include "train/ranks.hpp"
#include "train/stopwatch.hpp"
#include "train/told.hpp"
#include "train/totals.hpp"
#include "train/training_file.hpp"

#include <xtape/distributed/all_reduce.hpp>
#include <xtape/ops/arithmetic.hpp>

#include <algorithm>
#include <cmath>
#include <exception>
#include <optional>
#include <utility>

namespace xtape::inline XTAPE_ABI {
namespace {

// A training: what of it changes from step to step.
class Training {
 public:
  // Without a test set `test` is null.
  Training(const Task& task, const data::Dataset& train, const data::Dataset* test,
           const FitOptions& options, Rng& rng, std::initializer_list<Visitor*> visitors)
      : task_{task},
        train_{train},
        test_{test},
        options_{options},
        rng_{rng},
        visitors_(visitors),  // g++ 12 takes braces for a list of one list
        listed_{task.arrays},
        alone_{{.join = false}},
        world_{options.world != nullptr ? *options.world : alone_},
        shards_{shards_of(world_, options)},
        progress_{world_.first() ? options.log : nullptr, options.epochs},
        totals_{task},
        rows_(shards_.count * totals_.width()),
        history_{.monitor = task.monitor},
        samples_{train.size() - (options.drop_last ? train.size() % options.batch_size : 0)},
        columns_{task.metrics, samples_,
                 test != nullptr ? std::optional{test->size()} : std::nullopt} {
    if (options.restore_best) best_.emplace(task.arrays);
    if (!options.checkpoint.path.empty()) add_parts();
  }

  History run() {
    begin();
    while (!history_.stopped &&
           history_.epochs.size() < static_cast<std::size_t>(options_.epochs)) {
      if (!train_epoch()) {
        history_.interrupted = true;
        return std::move(history_);
      }
      finish_epoch();
    }
    if (history_.stopped)
      progress_.note(text("a callback ended the training after epoch ", history_.epochs.size()));
    if (best_ && has_best_ > 0) {
      best_->restore();
      progress_.note(text("the weights are those of epoch ", history_.best().epoch,
                          ", the best by ", history_.monitor));
    }
    return std::move(history_);
  }

  // What a checkpoint keeps, besides parameters, visitors and the random state.
  void state(StateList& list) {
    list("step", step_, (samples_ - 1) / options_.batch_size + 1);
    list("order", order_);
    totals_.state(list);
    list_seconds(list, seconds_);
    list("called_back", called_back_, 1);
    columns_.list(list, history_);
    if (best_) list("best", *best_), list("has_best", has_best_, 1);
    list.check([this] { return totals_.wrong(samples_done()); });
  }

 private:
  int epoch() const { return static_cast<int>(history_.epochs.size()) + 1; }  // the one at hand
  // Of the epoch at hand.
  std::uint64_t samples_done() const {
    return std::min<std::uint64_t>(step_ * options_.batch_size, samples_);
  }

  // Whether all its steps were done.
  bool train_epoch() {
    if (step_ == 0) order_ = rng_.position();
    Rng order{rng_.seed(), order_};
    auto batches = data::batches(train_, options_.batch_size, order, options_.at);
    if (step_ == 0) rng_ = order;
    if (options_.drop_last) batches.drop_last();
    batches.shards(shards_, options_.at);
    batches.skip(step_);
    batches.prefetch(options_.prefetch);
    Laps laps;
    for (auto batch = batches.begin(); batch != batches.end(); ++batch) {
      seconds_.data += laps.lap();
      if (std::exchange(save_is_due_, false)) {
        save_step(*batch);
        laps.lap();
      }
      if (!train_shard(*batch, laps)) continue;
      const StepReport report{epoch(), step_, batches.size(), loss_};
      progress_.step(report, totals_, seconds_.train());
      if (is_to_stop(report)) {
        save_step(*batch);
        return false;
      }
      const std::size_t every = options_.checkpoint.every_steps;
      save_is_due_ = every > 0 && step_ % every == 0;  // once the next batch is there
      if (test_ == nullptr && step_ == batches.size()) check_next_loss(*batch);
      laps.lap();
    }
    return true;
  }

  // A part of a batch, or all of it: whether this was the last, so that the step is done.
  bool train_shard(const data::Batch& batch, Laps& laps) {
    Rng own{batch.key};
    Tape tape{task_.mode, shards_.count == 1 ? rng_ : own};
    if (options_.batch_norm == BatchNormStatistics::synchronised) tape.synchronise(world_);
    const Op op{"fit", options_.at};
    StepResult result = run_step(op, task_, tape, batch);
    listed_.check(op, tape.parameters());
    const bool last = batch.shard + 1 == shards_.first + shards_.own;
    distributed::Pending rows = measure(result, batch, last);
    result.outputs.clear();  // so that the backward pass frees them
    seconds_.forward += laps.lap();
    tape.backward({part_of_mean(result, batch), options_.at}, Told{visitors_}, *all_reduce_);
    seconds_.backward += laps.lap();
    if (!last) return false;
    rows.wait();
    finish_step();
    walk(tape.parameters(), visitors_);
    if (std::exchange(is_first_step_, false)) check_weights(after_step());
    seconds_.update += laps.lap();
    return true;
  }

  // The loss of a shard as a part of that of the batch.
  Variable part_of_mean(const StepResult& result, const data::Batch& batch) {
    if (shards_.count == 1) return result.terms == 0 ? result.loss * 0 : result.loss;
    const bool counts = result.terms.has_value();
    if (batch.shard == shards_.first) counts_ = counts;
    if (counts != counts_)
      throw ValueError({"fit", options_.at},
                       text("the step tells the terms of shard ", batch.shard - (counts ? 0 : 1),
                            " of a batch and not those of shard ", batch.shard - (counts ? 1 : 0)),
                       "set StepResult::terms always or never");
    if (!counts) return result.loss * batch.share;
    const auto terms = static_cast<double>(*result.terms);
    all_reduce_->weighted(terms, options_.at);
    return result.loss * terms;
  }

  // The rows of all shards come together once the last of this rank's is there.
  distributed::Pending measure(const StepResult& result, const data::Batch& batch, bool last) {
    const std::size_t width = totals_.width();
    totals_.measure(result, batch, std::span{rows_}.subspan(batch.shard * width, width));
    return last ? world_.start_sum(std::span{rows_}) : distributed::Pending{};
  }

  // What all shards have measured. Nothing has moved yet.
  void finish_step() {
    ++step_;
    double terms = 0;
    loss_ = 0;
    for (auto row = rows_.begin(); row != rows_.end(); row += totals_.width()) {
      const std::span<const double> own{row, totals_.width()};
      totals_.add(own);
      loss_ += own[0];
      terms += own[1];
    }
    std::ranges::fill(rows_, 0);
    if (terms > 0) loss_ /= terms;
    if (!std::isfinite(loss_))
      throw diverged(text("the loss is ", loss_, " in epoch ", epoch(), ", step ", step_));
  }

  // Whether a rank says so.
  bool is_to_stop(const StepReport& report) {
    return options_.on_step && world_.sum(options_.on_step(report) ? 0.0 : 1.0) > 0;
  }

  void finish_epoch() {
    EpochReport report{.epoch = epoch(), .train = totals_.metrics(), .seconds = seconds_};
    if (test_ != nullptr) {
      const Stopwatch watch;
      report.test =
          evaluate(task_, *test_, {options_.test_batch_size, options_.world, options_.at});
      report.seconds.test = watch.seconds();
      if (!std::isfinite(report.test->loss))
        throw diverged(text("the loss on the test set is ", report.test->loss, after_step()));
    }
    check_finite();
    check_weights(text("after epoch ", epoch()));
    save_is_due_ = false;  // it is done below
    history_.epochs.push_back(report);
    if (best_ && last_is_best()) best_->keep(), has_best_ = 1;
    totals_.clear();
    seconds_ = {};
    step_ = 0;
    const std::exception_ptr failure = call_back();
    progress_.epoch(report);
    if (failure) std::rethrow_exception(failure);
  }

  bool last_is_best() const {
    const auto& epochs = history_.epochs;
    const double last = cost(epochs.back(), history_.monitor);
    return std::isfinite(last) &&
           std::all_of(epochs.begin(), epochs.end() - 1, [&](const EpochReport& report) {
             return cost(report, history_.monitor) > last;
           });
  }

  // Asks all callbacks about the last epoch, and then writes the checkpoint: so that neither a callback's full
  // disk nor a log that nobody reads any more costs the epoch. Returns what a callback threw.
  std::exception_ptr call_back() {
    std::exception_ptr failure;
    for (const EpochCallback& callback : options_.on_epoch) try {
        history_.stopped |= !callback(history_);
      } catch (...) {
        if (!failure) failure = std::current_exception();
      }
    history_.stopped = world_.sum(history_.stopped ? 1.0 : 0.0) > 0;
    called_back_ = !failure && !history_.stopped;
    save();
    return failure;
  }

  // In the midst of an epoch. What is saved must get past the loss of `batch`, the next one or, where on_step
  // ends the training, the last: the step before a loss that is no longer finite mostly leaves parameters that
  // still are.
  void save_step(const data::Batch& batch) {
    check_finite();
    if (!file_) return;
    check_next_loss(batch);
    save();
  }

  // Throws NumericsError if the loss of a batch, with the parameters as they are, is not finite.
  void check_next_loss(const data::Batch& batch) {
    const Rng before = rng_;  // which the step may draw from
    Tape tape{Mode::eval};
    auto loss = static_cast<double>(
        run_step({"fit", options_.at}, task_, tape, batch).loss.item(options_.at));
    rng_ = before;
    loss = world_.sum(loss);  // of shards, of which none may be so
    if (!std::isfinite(loss)) throw diverged(text("the loss is ", loss, after_step()));
  }

  // Throws NumericsError if what the training would go on from is not finite.
  void check_finite() {
    const std::string what = first_not_finite(
        detail::parameters_of(task_.arrays),
        file_ ? std::span{visitors_.begin(), visitors_.size()} : std::span<Visitor* const>{});
    if (!what.empty()) throw diverged(text(what, " is not finite", after_step()));
  }

  // Throws CommunicationError if ranks have come apart.
  void check_weights(const std::string& when) {
    check_same({"fit", options_.at}, world_, task_.arrays, when);
  }

  std::string after_step() const { return text(" after step ", step_, " of epoch ", epoch()); }
  NumericsError diverged(const std::string& what) const {
    return {{"fit", options_.at},
            what,
            "try a lower learning rate or ClipNorm; NumericsCheck finds the op"};
  }

  // What a training goes on from, besides parameters and buffers.
  void each_part(auto add) {
    add("fit", *this);
    add("rng", rng_);
    for (std::size_t i = 0; i < visitors_.size(); ++i)
      add(text("visitor.", i, '.', visitors_.begin()[i]->name()), *visitors_.begin()[i]);
  }

  void add_parts() {
    file_.emplace(options_.checkpoint, task_.arrays, options_.at);
    Checkpoint& parts = file_->parts();
    each_part([&](const std::string& name, auto& part) { parts.add(name, part); });
    parts.set("batch size", std::to_string(options_.batch_size));
    parts.set("training samples", std::to_string(train_.size()));
    if (options_.drop_last) parts.set("last batch", "left out");
    if (shards_.count > 1) parts.set("shards", std::to_string(shards_.count));
    if (options_.batch_norm == BatchNormStatistics::synchronised)
      parts.set("batch_norm", "synchronised");
    parts.set("test set", test_ != nullptr ? "yes" : "no");
  }

  void save() {
    if (!file_ || !world_.first()) return;
    history_.checkpoint_error = file_->save();
    if (!history_.checkpoint_error.empty())
      progress_.note(history_.checkpoint_error + "; the training goes on");
  }

  // All ranks begin with what the first has, new or from the checkpoint.
  void begin() {
    if (!world_.alone())
      check_same({"fit", options_.at}, world_,
                 facts_of(task_, train_, test_, options_, {visitors_.begin(), visitors_.size()}));
    double resumed = file_ && world_.first() && file_->open() ? 1 : 0;
    if (resumed > 0) history_.epochs = columns_.epochs();
    if (!world_.alone()) {
      world_.broadcast(std::span{&resumed, 1});
      const auto parameters = detail::parameters_of(task_.arrays);
      StateList state{parameters};
      each_part([&](const std::string& name, auto& part) { state(name, part); });
      share(world_, task_.arrays, state);
      history_.epochs = columns_.epochs();
    }
    all_reduce_.emplace(world_, detail::buffers_of(task_.arrays),
                        distributed::AllReduceOptions{.shards = options_.shards}, options_.at);
    if (resumed > 0) return go_on();
    if (file_) check_finite();  // what cannot be listed, too
  }

  void go_on() {
    progress_.note(text("goes on from ", options_.checkpoint.path, ", after epoch ",
                        history_.epochs.size(),
                        step_ > 0 ? text(" and step ", step_, " of the next") : std::string{}));
    if (called_back_ == 0 && step_ == 0 && !history_.epochs.empty())
      if (const std::exception_ptr failure = call_back()) std::rethrow_exception(failure);
  }

  const Task& task_;
  const data::Dataset& train_;
  const data::Dataset* test_;  // null if there is none
  const FitOptions& options_;
  Rng& rng_;
  std::initializer_list<Visitor*> visitors_;
  Listed listed_;
  distributed::World alone_;  // where nobody else takes part
  distributed::World& world_;
  data::Shards shards_;
  std::optional<distributed::AllReduce> all_reduce_;
  Progress progress_;
  std::optional<TrainingFile> file_;
  std::uint64_t order_ = 0;       // the position of rng_ from which the epoch's order was drawn
  std::uint64_t step_ = 0;        // how many of the epoch at hand were done
  bool save_is_due_ = false;      // a checkpoint of the last step
  bool is_first_step_ = true;     // of this process
  bool counts_ = false;           // whether the step says how many terms the loss of a shard has
  Totals totals_;                 // of the epoch at hand
  std::vector<double> rows_;      // what the shards of the step at hand have measured
  double loss_ = 0;               // of the last step
  EpochReport::Seconds seconds_;  // of the epoch at hand
  History history_;
  std::uint64_t called_back_ = 1;  // 0: of the last epoch a callback failed, or ended the training
  const std::size_t samples_;      // of an epoch
  HistoryColumns columns_;
  std::optional<BestWeights> best_;
  std::uint64_t has_best_ = 0;  // 1: they are of an epoch
};

}  // namespace

History fit_task(const Task& task, const data::Dataset& train, const data::Dataset* test,
                 const FitOptions& options, Rng& rng, std::initializer_list<Visitor*> visitors) {
  const Op op{"fit", options.at};
  check_count(op, "epochs", options.epochs);
  check_data(op, "training", train, options.batch_size);
  if (options.drop_last && train.size() < options.batch_size)
    throw ValueError(op,
                     text("the training set has ", train.size(), " samples, no whole batch of ",
                          options.batch_size),
                     "drop_last leaves none; a smaller batch_size?");
  if (test != nullptr) check_data(op, "test", *test, options.test_batch_size, "test_batch_size");
  check_metrics(op, task);
  check_measured(op, task, test != nullptr, task.monitor);
  for (const EpochCallback& callback : options.on_epoch)
    if (!callback.monitor().empty()) check_measured(op, task, test != nullptr, callback.monitor());
  if (options.checkpoint.path.empty() &&
      (options.checkpoint.resume || options.checkpoint.every_steps > 0))
    throw ValueError(op, "the checkpoint has no path");

  return Training{task, train, test, options, rng, visitors}.run();
}

}  // namespace xtape::inline XTAPE_ABI
