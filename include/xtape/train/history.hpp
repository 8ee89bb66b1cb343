// SPDX-License-Identifier: MIT
/// \file
/// What a training has measured.
#pragma once

#include <xtape/error.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// What was measured over some samples: `metrics.loss`, `metrics["accuracy"]`.
struct Metrics {
  /// A number beside the loss.
  struct Number {
    std::string name;                                ///< that of its Metric
    double value = 0;                                ///< what was measured
    bool higher_is_better = false;                   ///< as an accuracy, not an error
    bool operator==(const Number&) const = default;  ///< in all
  };

  double loss = 0;                   ///< the mean
  std::size_t samples = 0;           ///< how many there were
  std::vector<Number> numbers = {};  ///< in the order of the task's metrics

  /// The number of that name, or `loss`. Throws ValueError that lists them if there is none.
  double operator[](std::string_view name) const;
  bool operator==(const Metrics&) const = default;  ///< in all
};

/// What was measured in one epoch.
struct EpochReport {
  /// Where the time went, in seconds.
  struct Seconds {
    double data = 0;      ///< waiting for batches
    double forward = 0;   ///< the step: models, loss and metrics
    double backward = 0;  ///< gradients
    double update = 0;    ///< visitors, such as the optimizer
    double test = 0;      ///< the evaluation after the epoch, if there is one
    double train() const { return data + forward + backward + update; }  ///< all but the evaluation
    bool operator==(const Seconds&) const = default;                     ///< in all
  };

  int epoch = 0;       ///< from 1
  Metrics train = {};  ///< while training: dropout is on, and the model changes
  /// On the test set after the epoch, in evaluation mode; nothing where there is no test set.
  std::optional<Metrics> test = {};
  Seconds seconds = {};  ///< where the time went
  /// Training samples per second of training, the evaluation left out.
  double samples_per_second() const { return static_cast<double>(train.samples) / seconds.train(); }
  /// A number by its name: `train.loss`, `test.accuracy`; without the part it is that of the test set, or of the
  /// training where there is no test set. Throws ValueError if there is none.
  double operator[](std::string_view name) const;
  /// Calls each(part, name, number) for all numbers, such as ("test", "loss", 0.1), in each part the loss first.
  template <class Each>
  void each_number(Each each) const {
    const auto of = [&](const char* part, const Metrics& metrics) {
      each(part, "loss", metrics.loss);
      for (const Metrics::Number& number : metrics.numbers) each(part, number.name, number.value);
    };
    of("train", train);
    if (test) of("test", *test);
  }
  bool operator==(const EpochReport&) const = default;  ///< in all
};

/// What fit has measured, and returns.
struct History {
  std::vector<EpochReport> epochs = {};  ///< those that were completed
  std::string monitor = "loss";          ///< the number by which epochs are compared: the task's
  bool stopped = false;  ///< a callback after an epoch ended the training; resuming asks it again
  bool interrupted = false;  ///< a callback after a step did; a checkpoint can be gone on from
  std::string checkpoint_error = {};  ///< why the last checkpoint could not be written, if so
  /// On the test set after the last epoch. Throws ValueError if none was completed, or there is no test set.
  const Metrics& test(Location at = Location::current()) const;
  double train_seconds() const;       ///< for the training alone
  double test_seconds() const;        ///< for the evaluations
  double samples_per_second() const;  ///< of the training alone
  /// The best epoch by a number such as `accuracy` or `train.loss`, or by the one of the history: the highest or the
  /// lowest, as its metric says. It is the first of equal ones; one whose number is infinite or NaN never is. Throws
  /// ValueError if there is none.
  const EpochReport& best(std::string_view by = {}, Location at = Location::current()) const;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
