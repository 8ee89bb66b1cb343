// SPDX-License-Identifier: MIT
#include <xtape/train/callbacks.hpp>

#include <xtape/io/event_file.hpp>
#include <xtape/io/weights.hpp>
#include <xtape/io/writable.hpp>

#include "files/errors.hpp"
#include "files/growing_file.hpp"
#include "ranges.hpp"
#include "train/cost.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

namespace xtape::inline XTAPE_ABI {
namespace {

// The number of epochs since the last that was better than the best before it.
class Plateau {
 public:
  Plateau(std::string monitor, double min_delta)
      : monitor_{std::move(monitor)}, min_delta_{min_delta} {}

  void add(const EpochReport& report, const History& history) {
    const double now = cost(report, or_own(monitor_, history));
    const bool better = now + min_delta_ < best_;
    epochs_ = better ? 0 : epochs_ + 1;
    if (better) best_ = now;
  }
  int epochs() const { return epochs_; }
  void restart() { epochs_ = 0; }

 private:
  std::string monitor_;
  double min_delta_, best_ = std::numeric_limits<double>::infinity();
  int epochs_ = 0;
};

// Whether the best is the last.
struct Best {
  std::string monitor;
  double least = std::numeric_limits<double>::infinity();
  bool last = false;

  void add(const EpochReport& report, const History& history) {
    const double now = cost(report, or_own(monitor, history));
    last = now < least;
    least = std::min(least, now);
  }
};

// The learning rate that falls after each plateau.
struct FallingRate {
  Plateau plateau;
  ReduceOnPlateauOptions options;
  double rate;
  bool now = false;  // whether the last epoch ends a plateau

  void add(const EpochReport& report, const History& history) {
    plateau.add(report, history);
    now = plateau.epochs() >= options.patience;
    if (!now) return;
    rate = std::min(rate, std::max(options.factor * rate, options.min_rate));  // never higher
    plateau.restart();
  }
};

// What is found by going over a history. It is kept, so that a history that has grown is gone over from
// where it had ended; any other is from its beginning, so that nothing depends on what is kept.
template <class Finding>
class Found {
 public:
  explicit Found(Finding none) : none_{std::move(none)}, kept_{none_} {}

  const Finding& in(const History& history) {
    const auto& epochs = history.epochs;
    const bool grown =
        epochs.size() >= seen_ && seen_ > 0 && epochs[0] == first_ && epochs[seen_ - 1] == last_;
    if (!grown) {
      kept_ = none_;
      seen_ = 0;
    }
    for (; seen_ < epochs.size(); ++seen_) kept_.add(epochs[seen_], history);
    if (seen_ > 0) first_ = epochs.front(), last_ = epochs.back();
    return kept_;
  }

 private:
  Finding none_, kept_;
  std::size_t seen_ = 0;  // epochs
  EpochReport first_, last_;
};

// The shortest text that reads back as the same number.
std::string exact(double number) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, number).ptr};
}

std::string line_of(const EpochReport& report) {
  const EpochReport::Seconds& s = report.seconds;
  std::string line = std::to_string(report.epoch);
  const auto add = [&](double number) { (line += ',') += exact(number); };
  report.each_number([&](const char*, std::string_view, double number) { add(number); });
  for (const double seconds : {s.data, s.forward, s.backward, s.update}) add(seconds);
  if (report.test) add(s.test);
  add(report.samples_per_second());
  return line += '\n';
}

std::string head_of(const EpochReport& report) {
  std::string line = "epoch";
  report.each_number(
      [&](const char* part, std::string_view name, double) { line += text(',', part, '_', name); });
  line += ",data_seconds,forward_seconds,backward_seconds,update_seconds,";
  if (report.test) line += "test_seconds,";
  return line += "samples_per_second\n";
}

std::string table_of(const History& history) {
  std::string table = head_of(history.epochs.empty() ? EpochReport{} : history.epochs.front());
  for (const EpochReport& report : history.epochs) table += line_of(report);
  return table;
}

// A table on the disk.
class Log {
 public:
  explicit Log(const std::string& path) : file_{path, file_errors("csv_log")} {}

  // An epoch that follows those that are there is added; else the table is made anew.
  void write(const History& history) {
    const auto& epochs = history.epochs;
    const bool grown =
        lines_ > 0 && epochs.size() == lines_ + 1 && line_of(epochs[lines_ - 1]) == last_line_;
    const std::string line = epochs.empty() ? std::string{} : line_of(epochs.back());
    if (!grown || !file_.append(line)) file_.replace(table_of(history));
    lines_ = epochs.size();
    last_line_ = line;
  }

 private:
  files::GrowingFile file_;
  std::size_t lines_ = 0;  // without that of the names
  std::string last_line_;
};

}  // namespace

EpochCallback early_stopping(const EarlyStoppingOptions& options, Location at) {
  const Op op{"early_stopping", at};
  check_count(op, "patience", options.patience);
  check_not_negative(op, "min_delta", options.min_delta);
  auto patient = [found = Found{Plateau{options.monitor, options.min_delta}},
                  patience = options.patience](const History& history) mutable {
    return found.in(history).epochs() < patience;
  };
  return {std::move(patient), options.monitor};
}

EpochCallback reduce_on_plateau(Optimizer& optimizer, const ReduceOnPlateauOptions& options,
                                Location at) {
  const Op op{"reduce_on_plateau", at};
  check_option(op, "factor", options.factor, options.factor > 0 && options.factor < 1, "in (0, 1)");
  check_count(op, "patience", options.patience);
  check_not_negative(op, "min_delta", options.min_delta);
  check_not_negative(op, "min_rate", options.min_rate);
  if (optimizer.schedule())
    throw ValueError(op, "the optimizer has a schedule, which sets the rate of each step");
  const FallingRate first{{options.monitor, options.min_delta}, options, optimizer.learning_rate()};
  auto reduce = [&optimizer, op, found = Found{first}](const History& history) mutable {
    if (optimizer.schedule())
      throw ValueError(op, "the optimizer has a schedule, which sets the rate of each step");
    const FallingRate& falling = found.in(history);
    if (falling.now) optimizer.set_learning_rate(std::min(falling.rate, optimizer.learning_rate()));
    return true;
  };
  return {std::move(reduce), options.monitor};
}

EpochCallback save_best_weights(const std::string& path, std::vector<NamedArray> arrays,
                                const SaveBestOptions& options) {
  check_writable(path, "save_best");
  auto keep = [path, arrays = std::move(arrays),
               found = Found{Best{options.monitor}}](const History& history) mutable {
    if (found.in(history).last) save_weights(path, arrays);
    return true;
  };
  return {std::move(keep), options.monitor};
}

EpochCallback csv_log(const std::string& path) {
  check_writable(path, "csv_log");
  return [log = Log{path}](const History& history) mutable {
    log.write(history);
    return true;
  };
}

EpochCallback event_log(const std::string& directory) {
  return [events = std::make_shared<EventFile>(directory)](const History& history) {
    if (history.epochs.empty()) return true;
    const EpochReport& report = history.epochs.back();
    const auto step = static_cast<std::uint64_t>(report.epoch);
    report.each_number([&](const char* part, std::string_view name, double number) {
      events->scalar(text(part, '/', name), step, number);
    });
    events->scalar("samples_per_second", step, report.samples_per_second());
    return true;
  };
}

}  // namespace xtape::inline XTAPE_ABI
