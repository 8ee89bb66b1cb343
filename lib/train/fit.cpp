// SPDX-License-Identifier: MIT
#include <xtape/train/fit.hpp>

#include "ranges.hpp"
#include "train/best_weights.hpp"
#include "train/checks.hpp"
#include "train/cost.hpp"
#include "train/history_columns.hpp"
#include "train/progress.hpp"
#include "train/totals.hpp"
#include "train/training_file.hpp"

#include <xtape/ops/arithmetic.hpp>

#include <algorithm>
#include <cmath>
#include <exception>
#include <optional>
#include <unordered_set>

namespace xtape::inline XTAPE_ABI {
namespace {

// What a task lists. A parameter that is trained but not listed would be missing in every file of weights.
class Listed {
 public:
  explicit Listed(std::span<const NamedArray> arrays) {
    for (const auto& [name, parameter] : detail::parameters_of(arrays)) all_.insert(parameter);
  }
  // In each step, as each may use others.
  void check(const Op& op, std::span<Parameter* const> used) const {
    for (const Parameter* parameter : used)
      if (!all_.contains(parameter))
        throw ValueError(op,
                         text("the model uses a parameter of shape ", parameter->shape(),
                              " that it does not list"),
                         "does each of its layers have a public parameters(ParameterList&)?");
  }

 private:
  std::unordered_set<const Parameter*> all_;
};

// The time since the last lap.
class Laps {
 public:
  double lap() {
    const double now = watch_.seconds(), since = now - last_;
    last_ = now;
    return since;
  }

 private:
  Stopwatch watch_;
  double last_ = 0;
};

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
        progress_{options.log, options.epochs},
        totals_{task},
        history_{.monitor = task.monitor},
        samples_{train.size() - (options.drop_last ? train.size() % options.batch_size : 0)},
        columns_{task.metrics, samples_,
                 test != nullptr ? std::optional{test->size()} : std::nullopt} {
    if (options.restore_best) best_.emplace(task.arrays);
    if (!options.checkpoint.path.empty()) add_parts();
  }

  History run() {
    if (file_) open_file();
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
    auto batches = data::batches(train_, options_.batch_size, order);
    if (step_ == 0) rng_ = order;
    if (options_.drop_last) batches.drop_last();
    batches.skip(step_);
    batches.prefetch(options_.prefetch);
    Laps laps;
    for (auto batch = batches.begin(); batch != batches.end(); ++batch) {
      seconds_.data += laps.lap();
      if (save_is_due_ && !between_updates()) {
        save_is_due_ = false;
        save_step(*batch);
        laps.lap();
      }
      const double loss = train_step(*batch, laps);
      const StepReport report{epoch(), step_, batches.size(), loss};
      progress_.step(report, totals_, seconds_.train());
      stops_ |= options_.on_step && !options_.on_step(report);
      if (stops_ && !between_updates()) {
        save_step(*batch);
        return false;
      }
      // Once the next batch is there, and not before an update.
      const std::size_t every = options_.checkpoint.every_steps;
      save_is_due_ |= every > 0 && step_ % every == 0;
      if (test_ == nullptr && step_ == batches.size()) check_next_loss(*batch);
      laps.lap();
    }
    return true;
  }

  double train_step(const data::Batch& batch, Laps& laps) {
    Tape tape{task_.mode, rng_};
    const Op op{"fit", options_.at};
    StepResult result = run_step(op, task_, tape, batch);
    ++step_;
    listed_.check(op, tape.parameters());
    totals_.add(result, batch);
    result.outputs.clear();  // so that the backward pass frees them
    const auto loss = static_cast<double>(result.loss.item());
    if (!std::isfinite(loss))
      throw diverged(text("the loss is ", loss, " in epoch ", epoch(), ", step ", step_));
    seconds_.forward += laps.lap();
    go_back(tape, result.loss);
    seconds_.backward += laps.lap();
    if (between_updates()) return loss;
    for (Visitor* visitor : visitors_) walk(learning_, *visitor);
    learning_.clear();
    seconds_.update += laps.lap();
    return loss;
  }

  // Whether more batches are to be added to the gradients.
  bool between_updates() const {
    return step_ % options_.accumulate != 0 && samples_done() < samples_;
  }

  // Of the batch that was the last step.
  void go_back(Tape& tape, const Variable& loss) {
    const std::span<Parameter* const> all = tape.parameters();
    if (options_.accumulate == 1) {
      learning_.assign(all.begin(), all.end());
      return tape.backward({loss, options_.at});
    }
    for (Parameter* parameter : all)
      if (std::ranges::find(learning_, parameter) == learning_.end()) {
        learning_.push_back(parameter);
        std::fill(parameter->grad().begin(), parameter->grad().end(), Scalar{0});
      }
    const Variable share = mul({loss, options_.at}, {share_of_update(), options_.at});
    tape.accumulate({share, options_.at});
  }
  // Of the samples of an update, how many are in the last batch.
  double share_of_update() const {
    const std::uint64_t first = (step_ - 1) / options_.accumulate * options_.accumulate,
                        size = options_.batch_size;
    const auto done_after = [&](std::uint64_t steps) { return std::min(steps * size, samples_); };
    const std::uint64_t all = done_after(first + options_.accumulate) - done_after(first),
                        last = done_after(step_) - done_after(step_ - 1);
    return static_cast<double>(last) / static_cast<double>(all);
  }

  void finish_epoch() {
    EpochReport report{.epoch = epoch(), .train = totals_.metrics(), .seconds = seconds_};
    if (test_ != nullptr) {
      const Stopwatch watch;
      report.test = evaluate(task_, *test_, {options_.test_batch_size, options_.at});
      report.seconds.test = watch.seconds();
      if (!std::isfinite(report.test->loss))
        throw diverged(text("the loss on the test set is ", report.test->loss, after_step()));
    }
    check_finite();
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
    const double loss = static_cast<double>(
        run_step({"fit", options_.at}, task_, tape, batch).loss.item(options_.at));
    rng_ = before;
    if (!std::isfinite(loss)) throw diverged(text("the loss is ", loss, after_step()));
  }

  // Throws NumericsError if what the training would go on from is not finite.
  void check_finite() {
    const std::string what = first_not_finite(
        detail::parameters_of(task_.arrays),
        file_ ? std::span{visitors_.begin(), visitors_.size()} : std::span<Visitor* const>{});
    if (!what.empty()) throw diverged(text(what, " is not finite", after_step()));
  }

  std::string after_step() const { return text(" after step ", step_, " of epoch ", epoch()); }
  NumericsError diverged(const std::string& what) const {
    return {{"fit", options_.at},
            what,
            "try a lower learning rate or ClipNorm; NumericsCheck finds the op"};
  }

  void add_parts() {
    file_.emplace(options_.checkpoint, task_.arrays, options_.at);
    Checkpoint& parts = file_->parts();
    parts.add("fit", *this).add("rng", rng_);
    for (std::size_t i = 0; i < visitors_.size(); ++i)
      parts.add(text("visitor.", i, '.', visitors_.begin()[i]->name()), *visitors_.begin()[i]);
    parts.set("batch size", std::to_string(options_.batch_size));
    if (options_.accumulate > 1) parts.set("accumulate", std::to_string(options_.accumulate));
    parts.set("training samples", std::to_string(train_.size()));
    if (options_.drop_last) parts.set("last batch", "left out");
    parts.set("test set", test_ != nullptr ? "yes" : "no");
  }

  void save() {
    if (!file_) return;
    history_.checkpoint_error = file_->save();
    if (!history_.checkpoint_error.empty())
      progress_.note(history_.checkpoint_error + "; the training goes on");
  }

  void open_file() {
    if (!file_->open()) return check_finite();  // what cannot be listed, too
    history_.epochs = columns_.epochs();
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
  Progress progress_;
  std::optional<TrainingFile> file_;
  std::uint64_t order_ = 0;   // the position of rng_ from which the epoch's order was drawn
  std::uint64_t step_ = 0;    // how many of the epoch at hand were done
  bool save_is_due_ = false;  // a checkpoint of the last step
  bool stops_ = false;        // after the update under way
  PooledVector<Parameter*> learning_;  // have gradients for the next update
  Totals totals_;                      // of the epoch at hand
  EpochReport::Seconds seconds_;       // of the epoch at hand
  History history_;
  std::uint64_t called_back_ = 1;  // 0: of the last epoch a callback failed, or ended the training
  const std::size_t samples_;      // of an epoch
  HistoryColumns columns_;
  std::optional<BestWeights> best_;
  std::uint64_t has_best_ = 0;  // 1: they are of an epoch
};

}  // namespace

Metrics evaluate(const Task& task, const data::Dataset& dataset, const EvaluateOptions& options) {
  const Op op{"evaluate", options.at};
  check_metrics(op, task);
  Totals totals{task};
  each_batch(op, dataset, options.batch_size, [&](Tape& tape, const data::Batch& batch) {
    totals.add(run_step(op, task, tape, batch), batch);
  });
  return totals.metrics();
}

History fit_task(const Task& task, const data::Dataset& train, const data::Dataset* test,
                 const FitOptions& options, Rng& rng, std::initializer_list<Visitor*> visitors) {
  const Op op{"fit", options.at};
  check_count(op, "epochs", options.epochs);
  check_count(op, "accumulate", options.accumulate);
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
