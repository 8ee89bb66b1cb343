// SPDX-License-Identifier: MIT
#include <xtape/train/fit.hpp>

#include "files/lock.hpp"
#include "io/new_file.hpp"
#include "text.hpp"
#include "train/checks.hpp"
#include "train/history.hpp"
#include "train/progress.hpp"

#include <xtape/io/checkpoint.hpp>
#include <xtape/io/writable.hpp>
#include <xtape/ops/softmax.hpp>

#include <algorithm>
#include <cmath>
#include <exception>
#include <filesystem>
#include <limits>
#include <optional>
#include <unordered_set>

namespace xtape::inline XTAPE_ABI {
namespace {

Loss or_cross_entropy(const Loss& loss, Location at) {
  if (loss) return loss;
  return [at](const Variable& logits, std::span<const std::int32_t> labels) {
    return softmax_cross_entropy(logits, labels, {}, at);
  };
}

// Sums over batches.
struct Totals {
  double loss = 0;
  std::uint64_t correct = 0, samples = 0;

  void add(const Variable& batch_loss, const Variable& logits, std::span<const std::int32_t> labels,
           Location at) {
    loss += static_cast<double>(batch_loss.item(at)) * static_cast<double>(labels.size());
    correct += count_correct(logits.value(), labels, at);
    samples += labels.size();
  }
  Metrics metrics() const {
    const auto n = static_cast<double>(samples);
    return {loss / n, static_cast<double>(correct) / n, samples};
  }
};

// A parameter that is trained but not listed would be missing in every file of weights.
void check_listed(const Op& op, std::span<Parameter* const> used,
                  std::span<const NamedParameter> listed) {
  std::unordered_set<const Parameter*> known;
  for (const auto& [name, parameter] : listed) known.insert(parameter);
  for (const Parameter* parameter : used)
    if (!known.contains(parameter))
      throw ValueError(op,
                       text("the model uses a parameter of shape ", parameter->shape(),
                            " that it does not list"),
                       "does each of its layers have a public parameters(ParameterList&)?");
}

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
  Training(const Forward& model, std::vector<NamedParameter> listed, const data::Dataset& train,
           const data::Dataset& test, const FitOptions& options, Rng& rng,
           std::initializer_list<Visitor*> visitors)
      : model_{model},
        listed_{std::move(listed)},
        train_{train},
        test_{test},
        options_{options},
        loss_{or_cross_entropy(options.loss, options.at)},
        rng_{rng},
        visitors_(visitors),  // g++ 12 takes braces for a list of one list
        progress_{options.log, options.epochs, train.size()} {
    if (!options.checkpoint.path.empty()) make_checkpoint();
  }

  History run() {
    if (checkpoint_) open_checkpoint();
    while (!history_.stopped &&
           history_.epochs.size() < static_cast<std::size_t>(options_.epochs)) {
      if (!train_epoch()) {
        history_.interrupted = true;
        break;
      }
      finish_epoch();
    }
    if (history_.stopped)
      progress_.note(text("a callback ended the training after epoch ", history_.epochs.size()));
    return std::move(history_);
  }

  // What a checkpoint keeps, besides parameters, visitors and the random state.
  void state(StateList& list) {
    list("step", step_, (train_.size() - 1) / options_.batch_size + 1);
    list("order", order_);
    list("loss", totals_.loss, std::numeric_limits<double>::lowest());
    list("correct", totals_.correct);
    list("samples", totals_.samples);
    list_seconds(list, seconds_);
    list("called_back", called_back_, 1);
    columns_.list(list, history_);
    list.check([this] { return wrong_totals(); });
  }

 private:
  // What cannot be in the sums of an epoch of which step_ steps were done, or nothing.
  std::string wrong_totals() const {
    const std::uint64_t samples =
        std::min<std::uint64_t>(step_ * options_.batch_size, train_.size());
    if (totals_.samples != samples)
      return text("samples is ", totals_.samples, ", expected ", samples, " after ", step_,
                  " steps");
    if (totals_.correct > totals_.samples)
      return text("correct is ", totals_.correct, ", of ", totals_.samples, " samples");
    return {};
  }

  int epoch() const { return static_cast<int>(history_.epochs.size()) + 1; }  // the one at hand

  // Whether all its steps were done.
  bool train_epoch() {
    if (step_ == 0) order_ = rng_.position();
    Rng order{rng_.seed(), order_};
    auto batches = data::batches(train_, options_.batch_size, order);
    if (step_ == 0) rng_ = order;
    batches.skip(step_);
    Laps laps;
    for (auto batch = batches.begin(); batch != batches.end(); ++batch) {
      seconds_.data += laps.lap();
      if (save_is_due_) {
        save_step(*batch);
        laps.lap();
      }
      const double loss = train_step(*batch, laps);
      progress_.step(epoch(), totals_.metrics(), seconds_.train());
      const StepReport report{epoch(), step_, batches.size(), loss};
      const bool go_on = !options_.on_step || options_.on_step(report);
      if (!go_on) {
        save_step(*batch);
        return false;
      }
      const std::size_t every = options_.checkpoint.every_steps;
      save_is_due_ = every > 0 && step_ % every == 0;  // once the next batch is there
      laps.lap();
    }
    return true;
  }

  double train_step(const data::Batch& batch, Laps& laps) {
    Tape tape{Mode::train, rng_};
    const Variable logits = model_(tape.input(batch.images), options_.at);
    const Op op{"fit", options_.at};
    check_logits(op, logits, batch.labels.size());
    const Variable error = loss_(logits, batch.labels);
    if (++step_ == 1) check_listed(op, tape.parameters(), listed_);
    if (error.size() != 1)
      throw ShapeError(op, text("the loss function returned ", error.shape(), ", not a scalar"),
                       "take its mean()?");
    totals_.add(error, logits, batch.labels, options_.at);
    if (!std::isfinite(error.item()))
      throw diverged(text("the loss is ", error.item(), " in epoch ", epoch(), ", step ", step_));
    seconds_.forward += laps.lap();
    tape.backward({error, options_.at});
    seconds_.backward += laps.lap();
    for (Visitor* visitor : visitors_) walk(tape.parameters(), *visitor);
    seconds_.update += laps.lap();
    return static_cast<double>(error.item());
  }

  void finish_epoch() {
    EpochReport report{.epoch = epoch(), .train = totals_.metrics(), .seconds = seconds_};
    const Stopwatch watch;
    report.test = evaluate_model(
        model_, test_, {.batch_size = options_.test_batch_size, .loss = loss_, .at = options_.at});
    report.seconds.test = watch.seconds();
    if (!std::isfinite(report.test.loss))
      throw diverged(text("the loss on the test set is ", report.test.loss, after_step()));
    check_finite();
    save_is_due_ = false;  // it is done below
    history_.epochs.push_back(report);
    totals_ = {};
    seconds_ = {};
    step_ = 0;
    const std::exception_ptr failure = call_back();
    progress_.epoch(report);
    if (failure) std::rethrow_exception(failure);
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
    save_checkpoint();
    return failure;
  }

  void make_checkpoint() {
    checkpoint_.emplace(listed_);
    checkpoint_->add("fit", *this).add("rng", rng_);
    for (std::size_t i = 0; i < visitors_.size(); ++i)
      checkpoint_->add(text("visitor.", i, '.', visitors_.begin()[i]->name()),
                       *visitors_.begin()[i]);
    for (const auto& [name, value] : options_.checkpoint.settings) checkpoint_->set(name, value);
    checkpoint_->set("batch size", std::to_string(options_.batch_size));
    checkpoint_->set("training samples", std::to_string(train_.size()));
  }

  // In the midst of an epoch. What is saved must get past the loss of `batch`, the next one or, where on_step
  // ends the training, the last: the step before a loss that is no longer finite mostly leaves parameters that
  // still are.
  void save_step(const data::Batch& batch) {
    check_finite();
    if (!checkpoint_) return;
    Tape tape{Mode::eval};
    const Variable loss = loss_(model_(tape.input(batch.images), options_.at), batch.labels);
    if (!std::isfinite(loss.item(options_.at)))
      throw diverged(text("the loss is ", loss.item(), after_step()));
    save_checkpoint();
  }

  // Throws NumericsError if what the training would go on from is not finite.
  void check_finite() {
    for (const auto& [name, parameter] : listed_)
      if (parameter->trainable && !all_finite(std::as_const(*parameter).value()))
        throw diverged(text("the parameter ", name, " is not finite", after_step()));
    if (!checkpoint_) return;
    for (Visitor* const visitor : visitors_) {
      StateList list{listed_};
      visitor->state(list);
      for (const auto& [name, place] : list.items())
        if (const Array* const* array = std::get_if<Array*>(&place); array && !all_finite(**array))
          throw diverged(text(visitor->name(), "'s ", name, " is not finite", after_step()));
    }
  }

  std::string after_step() const { return text(" after step ", step_, " of epoch ", epoch()); }
  NumericsError diverged(const std::string& what) const {
    return {{"fit", options_.at},
            what,
            "try a lower learning rate or ClipNorm; NumericsCheck finds the op"};
  }

  void save_checkpoint() {
    if (!checkpoint_) return;
    history_.checkpoint_error.clear();
    try {
      checkpoint_->save(options_.checkpoint.path);
    } catch (const DataError& error) {
      history_.checkpoint_error = error.what();
      progress_.note(history_.checkpoint_error + "; the training goes on");
    }
  }

  void open_checkpoint() {
    const std::string& path = options_.checkpoint.path;
    check_writable(path);  // fails now rather than after an epoch
    lock_ = files::Lock::of_file(path, fail_to_write());
    if (!lock_)
      throw DataError({"fit", options_.at}, text("another training writes the checkpoint ", path),
                      "give each a file of its own");
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return check_finite();  // what cannot be listed, too
    if (!options_.checkpoint.resume)
      throw ValueError({"fit", options_.at}, text("the checkpoint ", path, " is there already"),
                       "resume to go on from it; else remove it");
    checkpoint_->load(path);
    history_.epochs = columns_.epochs(train_.size(), test_.size());
    progress_.note(text("goes on from ", path, ", after epoch ", history_.epochs.size(),
                        step_ > 0 ? text(" and step ", step_, " of the next") : std::string{}));
    if (called_back_ == 0 && step_ == 0 && !history_.epochs.empty())
      if (const std::exception_ptr failure = call_back()) std::rethrow_exception(failure);
  }

  const Forward& model_;
  std::vector<NamedParameter> listed_;
  const data::Dataset& train_;
  const data::Dataset& test_;
  const FitOptions& options_;
  Loss loss_;
  Rng& rng_;
  std::initializer_list<Visitor*> visitors_;
  Progress progress_;
  std::optional<Checkpoint> checkpoint_;
  std::optional<files::Lock> lock_;  // of its file
  std::uint64_t order_ = 0;          // the position of rng_ from which the epoch's order was drawn
  std::uint64_t step_ = 0;           // how many of the epoch at hand were done
  bool save_is_due_ = false;         // a checkpoint of the last step
  Totals totals_;                    // of the epoch at hand
  Seconds seconds_;                  // of the epoch at hand
  History history_;
  std::uint64_t called_back_ = 1;  // 0: of the last epoch a callback failed, or ended the training
  HistoryColumns columns_;
};

}  // namespace

std::size_t count_correct(const Array& logits, std::span<const std::int32_t> labels, Location at) {
  if (logits.dimension() != 2 || logits.shape()[0] != labels.size())
    throw ShapeError({"count_correct", at},
                     text("expected logits (", labels.size(), ", classes), got ", logits.shape()));
  const std::size_t classes = logits.shape()[1];
  std::size_t correct = 0;
  for (std::size_t r = 0; r < labels.size(); ++r) {
    const Scalar* const row = logits.data() + r * classes;
    correct += std::max_element(row, row + classes) - row == labels[r];
  }
  return correct;
}

Metrics evaluate_model(const Forward& model, const data::Dataset& dataset,
                       const EvaluateOptions& options) {
  const Op op{"evaluate", options.at};
  check_data(op, "data", dataset, options.batch_size);
  const Loss loss = or_cross_entropy(options.loss, options.at);
  Totals totals;
  for (const auto& [images, labels] : data::batches(dataset, options.batch_size)) {
    Tape tape{Mode::eval};
    const Variable logits = model(tape.input(images), options.at);
    check_logits(op, logits, labels.size());
    totals.add(loss(logits, labels), logits, labels, options.at);
  }
  return totals.metrics();
}

History fit_model(const Forward& model, std::vector<NamedParameter> listed,
                  const data::Dataset& train, const data::Dataset& test, const FitOptions& options,
                  Rng& rng, std::initializer_list<Visitor*> visitors) {
  const Op op{"fit", options.at};
  if (options.epochs < 1)
    throw ValueError(op, text("expected at least 1 epoch, got ", options.epochs));
  check_data(op, "training", train, options.batch_size);
  check_data(op, "test", test, options.test_batch_size);
  if (options.checkpoint.path.empty() &&
      (options.checkpoint.resume || options.checkpoint.every_steps > 0))
    throw ValueError(op, "the checkpoint has no path");

  return Training{model, std::move(listed), train, test, options, rng, visitors}.run();
}

}  // namespace xtape::inline XTAPE_ABI
