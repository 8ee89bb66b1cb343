// SPDX-License-Identifier: MIT
#include <xtape/train/history.hpp>

#include "text.hpp"
#include "train/cost.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace xtape::inline XTAPE_ABI {
namespace {

template <class Get>
double sum(const std::vector<EpochReport>& epochs, Get get) {
  double total = 0;
  for (const EpochReport& report : epochs) total += get(report);
  return total;
}

Metrics::Number find(const Metrics& metrics, std::string_view name, const Op& op) {
  if (name == "loss") return {"loss", metrics.loss, false};
  for (const Metrics::Number& number : metrics.numbers)
    if (number.name == name) return number;
  std::string known = "loss";
  for (const Metrics::Number& number : metrics.numbers) known += ", " + number.name;
  throw ValueError(op, text("expected one of ", known, ", got ", name));
}

Metrics::Number find(const EpochReport& report, std::string_view name, const Op& op) {
  constexpr std::string_view train = "train.", test = "test.";
  if (name.starts_with(train)) return find(report.train, name.substr(train.size()), op);
  if (!name.starts_with(test)) return find(report.test ? *report.test : report.train, name, op);
  if (!report.test)
    throw ValueError(op, text("expected a test set for ", name, ", got none"),
                     text("train.", name.substr(test.size()), " is there without one"));
  return find(*report.test, name.substr(test.size()), op);
}

}  // namespace

double cost(const EpochReport& report, std::string_view name, const Op& op) {
  const Metrics::Number number = find(report, name, op);
  const double value = number.higher_is_better ? -number.value : number.value;
  return std::isfinite(value) ? value : std::numeric_limits<double>::infinity();
}

double Metrics::operator[](std::string_view name) const {
  return find(*this, name, Op::nowhere("metrics")).value;
}
double EpochReport::operator[](std::string_view name) const {
  return find(*this, name, Op::nowhere("metrics")).value;
}

const Metrics& History::test(Location at) const {
  if (epochs.empty()) throw ValueError({"history", at}, "no epoch was completed");
  if (!epochs.back().test)
    throw ValueError({"history", at}, "expected a test set, the training had none",
                     "epochs.back().train is what it has measured");
  return *epochs.back().test;
}

const EpochReport& History::best(std::string_view by, Location at) const {
  const Op op{"best", at};
  const auto of = [&](const EpochReport& report) { return cost(report, or_own(by, *this), op); };
  const auto best = std::ranges::min_element(epochs, {}, of);
  if (best == epochs.end() || std::isinf(of(*best)))
    throw ValueError(
        op, epochs.empty() ? "the history has no epochs" : "no epoch has a number that is finite");
  return *best;
}

double History::train_seconds() const {
  return sum(epochs, [](const EpochReport& report) { return report.seconds.train(); });
}

double History::test_seconds() const {
  return sum(epochs, [](const EpochReport& report) { return report.seconds.test; });
}

double History::samples_per_second() const {
  return sum(epochs, [](const EpochReport& r) { return static_cast<double>(r.train.samples); }) /
         train_seconds();
}

}  // namespace xtape::inline XTAPE_ABI
