// SPDX-License-Identifier: MIT
#include "train/history_columns.hpp"

#include "text.hpp"
#include "train/totals.hpp"

#include <cmath>

namespace xtape::inline XTAPE_ABI {
namespace {

// The numbers of a task's metrics, all 0.
Metrics none_of(std::span<const Metric> metrics, std::size_t samples) {
  Metrics none{.samples = samples};
  for (const Metric& metric : metrics)
    none.numbers.push_back({metric.name, 0, metric.higher_is_better});
  return none;
}

}  // namespace

HistoryColumns::HistoryColumns(std::span<const Metric> metrics, std::size_t train_samples,
                               std::optional<std::size_t> test_samples)
    : metrics_(metrics.begin(), metrics.end()),
      train_samples_{train_samples},
      test_samples_{test_samples} {
  add_metrics("train", [](EpochReport& r) -> Metrics& { return r.train; });
  if (test_samples) add_metrics("test", [](EpochReport& r) -> Metrics& { return r.test.value(); });
  add_seconds("data", &EpochReport::Seconds::data);
  add_seconds("forward", &EpochReport::Seconds::forward);
  add_seconds("backward", &EpochReport::Seconds::backward);
  add_seconds("update", &EpochReport::Seconds::update);
  if (test_samples) add_seconds("test", &EpochReport::Seconds::test);
}

void HistoryColumns::add_metrics(const std::string& part, Metrics& (*metrics)(EpochReport&)) {
  columns_.push_back({part + ".loss",
                      [metrics](EpochReport& r) -> double& { return metrics(r).loss; },
                      [](double x) { return std::isfinite(x); }});
  for (std::size_t i = 0; i < metrics_.size(); ++i)
    columns_.push_back(
        {text(part, '.', metrics_[i].name),
         [metrics, i](EpochReport& r) -> double& { return metrics(r).numbers[i].value; },
         [metric = metrics_[i]](double mean) {
           return metric.finish != nullptr || can_be_sum(metric, 1, mean);
         }});
}

void HistoryColumns::add_seconds(const char* name, double EpochReport::Seconds::*seconds) {
  columns_.push_back({text("seconds.", name),
                      [seconds](EpochReport& r) -> double& { return r.seconds.*seconds; },
                      [](double x) { return x >= 0 && std::isfinite(x); }});
}

void HistoryColumns::list(StateList& list, const History& history) {
  for (Column& column : columns_) {
    std::vector<double>& numbers = column.numbers;
    numbers.resize(std::min(numbers.size(), history.epochs.size()));  // the others are as before
    for (std::size_t i = numbers.size(); i < history.epochs.size(); ++i) {
      EpochReport report = history.epochs[i];
      numbers.push_back(column.of(report));
    }
    list(text("history.", column.name), numbers);
  }
  list.check([this] { return wrong(); });
}

std::string HistoryColumns::wrong() const {
  for (const Column& column : columns_) {
    if (column.numbers.size() != columns_.front().numbers.size())
      return "the columns of the history differ in length";
    for (const double number : column.numbers)
      if (!column.can_be(number))
        return text("history.", column.name, " has ", number, ", which cannot be");
  }
  return {};
}

std::vector<EpochReport> HistoryColumns::epochs() const {
  std::vector<EpochReport> epochs(columns_.front().numbers.size());
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    epochs[i].epoch = static_cast<int>(i) + 1;
    epochs[i].train = none_of(metrics_, train_samples_);
    if (test_samples_) epochs[i].test = none_of(metrics_, *test_samples_);
    for (const Column& column : columns_) column.of(epochs[i]) = column.numbers[i];
  }
  return epochs;
}

void list_seconds(StateList& list, EpochReport::Seconds& seconds) {
  list("seconds.data", seconds.data, 0);
  list("seconds.forward", seconds.forward, 0);
  list("seconds.backward", seconds.backward, 0);
  list("seconds.update", seconds.update, 0);
}

}  // namespace xtape::inline XTAPE_ABI
