// SPDX-License-Identifier: MIT
#include "train/history.hpp"

#include "text.hpp"
#include "train/monitor.hpp"

#include <algorithm>
#include <cmath>

namespace xtape::inline XTAPE_ABI {
namespace {

// Which numbers can be.
bool finite(double x) { return std::isfinite(x); }
bool share(double x) { return x >= 0 && x <= 1; }
bool seconds(double x) { return x >= 0 && std::isfinite(x); }

struct Column {
  const char* name;
  double& (*of)(EpochReport&);
  bool (*can_be)(double);
};

constexpr Column columns[] = {
    {"train.loss", [](EpochReport& r) -> double& { return r.train.loss; }, finite},
    {"train.accuracy", [](EpochReport& r) -> double& { return r.train.accuracy; }, share},
    {"test.loss", [](EpochReport& r) -> double& { return r.test.loss; }, finite},
    {"test.accuracy", [](EpochReport& r) -> double& { return r.test.accuracy; }, share},
    {"seconds.data", [](EpochReport& r) -> double& { return r.seconds.data; }, seconds},
    {"seconds.forward", [](EpochReport& r) -> double& { return r.seconds.forward; }, seconds},
    {"seconds.backward", [](EpochReport& r) -> double& { return r.seconds.backward; }, seconds},
    {"seconds.update", [](EpochReport& r) -> double& { return r.seconds.update; }, seconds},
    {"seconds.test", [](EpochReport& r) -> double& { return r.seconds.test; }, seconds},
};

template <class Get>
double sum(const std::vector<EpochReport>& epochs, Get get) {
  double total = 0;
  for (const EpochReport& report : epochs) total += get(report);
  return total;
}

}  // namespace

void HistoryColumns::list(StateList& list, const History& history) {
  columns_.resize(std::size(columns));
  for (std::size_t c = 0; c < std::size(columns); ++c) {
    std::vector<double>& column = columns_[c];
    column.resize(std::min(column.size(), history.epochs.size()));  // and the others are as before
    for (std::size_t i = column.size(); i < history.epochs.size(); ++i) {
      EpochReport report = history.epochs[i];
      column.push_back(columns[c].of(report));
    }
    list(text("history.", columns[c].name), column);
  }
  list.check([this] { return wrong(); });
}

std::string HistoryColumns::wrong() const {
  for (std::size_t c = 0; c < std::size(columns); ++c) {
    if (columns_[c].size() != columns_.front().size())
      return "the columns of the history differ in length";
    for (const double number : columns_[c])
      if (!columns[c].can_be(number))
        return text("history.", columns[c].name, " has ", number, ", which cannot be");
  }
  return {};
}

std::vector<EpochReport> HistoryColumns::epochs(std::size_t train_samples,
                                                std::size_t test_samples) {
  std::vector<EpochReport> epochs(columns_.front().size());
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    epochs[i].epoch = static_cast<int>(i) + 1;
    epochs[i].train.samples = train_samples;
    epochs[i].test.samples = test_samples;
    for (std::size_t c = 0; c < std::size(columns); ++c) columns[c].of(epochs[i]) = columns_[c][i];
  }
  return epochs;
}

void list_seconds(StateList& list, Seconds& seconds) {
  list("seconds.data", seconds.data, 0);
  list("seconds.forward", seconds.forward, 0);
  list("seconds.backward", seconds.backward, 0);
  list("seconds.update", seconds.update, 0);
}

const Metrics& History::test(Location at) const {
  if (epochs.empty()) throw ValueError({"history", at}, "no epoch was completed");
  return epochs.back().test;
}

const EpochReport& History::best(Monitor monitor, Location at) const {
  const auto best = std::ranges::min_element(
      epochs, {}, [&](const EpochReport& report) { return cost(report, monitor); });
  if (best == epochs.end() || std::isinf(cost(*best, monitor)))
    throw ValueError({"best", at}, epochs.empty() ? "the history has no epochs"
                                                  : "no epoch has a number that is finite");
  return *best;
}

double History::train_seconds() const {
  return sum(epochs, [](const EpochReport& report) { return report.seconds.train(); });
}

double History::test_seconds() const {
  return sum(epochs, [](const EpochReport& report) { return report.seconds.test; });
}

double History::images_per_second() const {
  return sum(epochs, [](const EpochReport& r) { return static_cast<double>(r.train.samples); }) /
         train_seconds();
}

}  // namespace xtape::inline XTAPE_ABI
