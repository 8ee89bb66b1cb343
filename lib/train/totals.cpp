// SPDX-License-Identifier: MIT
#include "train/totals.hpp"

#include "text.hpp"
#include "train/cost.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

namespace xtape::inline XTAPE_ABI {

void check_metrics(const Op& op, const Task& task) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  std::vector<std::string> names{"loss"};
  for (const Metric& metric : task.metrics) {
    if (metric.name.empty() || metric.name.find_first_not_of(allowed) != std::string::npos)
      throw ValueError(
          op, text("a metric is called '", metric.name, "', expected letters, digits, _ and -"));
    if (std::ranges::find(names, metric.name) != names.end())
      throw ValueError(op, text("two metrics are called ", metric.name), "give one a .name");
    names.push_back(metric.name);
  }
}

void check_measured(const Op& op, const Task& task, bool has_test, std::string_view name) {
  EpochReport report{.train = Totals{task}.metrics()};
  if (has_test) report.test = report.train;
  cost(report, name, op);
}

bool can_be_sum(const Metric& metric, double terms, double sum) {
  if (std::isnan(sum)) return std::isinf(metric.least) && std::isinf(metric.most);
  return sum >= metric.least * terms && sum <= metric.most * terms;
}

StepResult run_step(const Op& op, const Task& task, Tape& tape, const data::Batch& batch) {
  StepResult result = task.step(tape, batch);
  if (result.loss.size() != 1)
    throw ShapeError(op, text("the step's loss is ", result.loss.shape(), ", not a scalar"),
                     "take its mean()?");
  return result;
}

void Totals::measure(const StepResult& step, const data::Batch& batch,
                     std::span<double> row) const {
  const auto terms = static_cast<double>(step.terms.value_or(batch.size()));
  row[0] = static_cast<double>(step.loss.item()) * terms;
  row[1] = terms;
  row[2] = static_cast<double>(batch.size());
  for (std::size_t i = 0; i < sums_.size(); ++i) row[3 + i] = task_.metrics[i].sum(step, batch);
}

void Totals::add(std::span<const double> row) {
  loss_ += row[0];
  terms_ += static_cast<std::uint64_t>(row[1]);
  samples_ += static_cast<std::uint64_t>(row[2]);
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += row[3 + i];
}

void Totals::clear() {
  loss_ = 0;
  samples_ = terms_ = 0;
  std::ranges::fill(sums_, 0);
}

Metrics Totals::metrics() const {
  const auto n = static_cast<double>(std::max<std::uint64_t>(terms_, 1));
  Metrics metrics{.loss = loss_ / n, .samples = samples_};
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const Metric& metric = task_.metrics[i];
    const double mean = sums_[i] / n;
    metrics.numbers.push_back(
        {metric.name, metric.finish ? metric.finish(mean) : mean, metric.higher_is_better});
  }
  return metrics;
}

void Totals::state(StateList& list) {
  list("loss", loss_, std::numeric_limits<double>::lowest());
  list("samples", samples_);
  list("terms", terms_);
  for (std::size_t i = 0; i < sums_.size(); ++i) list(task_.metrics[i].name, sums_[i]);
}

std::string Totals::wrong(std::uint64_t samples) const {
  if (samples_ != samples) return text("samples is ", samples_, ", expected ", samples);
  if (terms_ == 0 ? loss_ != 0 : samples == 0)
    return text("terms is ", terms_, ", of ", samples, " samples");
  const auto n = static_cast<double>(terms_);
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const Metric& metric = task_.metrics[i];
    if (n > 0 && !can_be_sum(metric, n, sums_[i]))
      return text(metric.name, " is ", sums_[i], ", of ", terms_, " terms");
  }
  return {};
}

}  // namespace xtape::inline XTAPE_ABI
