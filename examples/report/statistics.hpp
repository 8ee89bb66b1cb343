// SPDX-License-Identifier: MIT
// The runs by optimizer, and what they have in common.
#pragma once

#include "results.hpp"

#include <functional>
#include <span>

namespace report {

// Of some numbers: NaN if there are none, or one of them is.
struct Spread {
  double mean, low, high;
  double deviation;  // of the sample, divided by n - 1; NaN for less than two
};
Spread spread(std::span<const double> values);

// The binomial error of a share p of n samples, sqrt(p (1 - p) / n); NaN without samples.
double binomial_error(double p, std::size_t n);

enum class State { waiting, running, diverged, complete };
// Diverged: one of its losses is not finite. Waiting: it has no epoch yet.
State state(const Run& run);

// The runs of one optimizer at one learning rate, which differ in their seeds.
struct Group {
  std::string name;  // of the optimizer; with the learning rate if there are several
  std::string optimizer;
  std::vector<const Run*> runs = {};
  // Those that the figures are means of: the complete ones; without any, those that run; without
  // these, those that diverged.
  std::vector<const Run*> counted = {};
  State state = State::waiting;  // of those counted
  std::size_t epochs = 0;        // that all of those counted have

  std::size_t number_of(State wanted) const;
};
// In order of their first run. They refer to the results.
std::vector<Group> groups(const Results& results);

using Measure = std::function<double(const Epoch&)>;
// Over the counted runs of a group, by epoch.
std::vector<Spread> curve(const Group& group, const Measure& measure);
// The same after the last epoch; NaN without any.
Spread last(const Group& group, const Measure& measure);
// The mean over the counted runs of the sum over epochs; over those that all have while runs go on.
double mean_total(const Group& group, const Measure& measure);

// What runs are ranked by, on the test set: the accuracy, of which more is better, or else the loss.
class Score {
 public:
  explicit Score(const Results& results)
      : accuracy_{results.accuracies}, samples_{results.test_samples} {}

  double operator()(const Epoch& epoch) const {
    return accuracy_ ? epoch.test_accuracy : epoch.test_loss;
  }
  bool is_accuracy() const { return accuracy_; }
  // A number is better than none.
  bool better(double a, double b) const;
  // The mean over a group after the last epoch.
  double of(const Group& group) const { return last(group, *this).mean; }
  // The standard error of that mean: that of the seeds, deviation / sqrt(seeds), or of an accuracy that of the
  // test set, whichever is larger; NaN if neither is known.
  double error(const Group& group) const;

 private:
  bool accuracy_;
  std::size_t samples_;
};

double train_seconds(const Epoch& epoch);
double total_seconds(const Epoch& epoch);

// That of those counted whose last score is the best, or null.
const Run* best_run(const Group& group, const Score& score);

}  // namespace report
