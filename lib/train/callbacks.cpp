// SPDX-License-Identifier: MIT
#include <xtape/train/callbacks.hpp>

#include <xtape/io/weights.hpp>

#include "io/new_file.hpp"
#include "text.hpp"
#include "train/monitor.hpp"

#include <algorithm>
#include <charconv>

namespace xtape::inline XTAPE_ABI {
namespace {

void check_at_least(const Op& op, const char* option, double least, double value) {
  if (!(value >= least) || std::isinf(value))
    throw ValueError(op, text(option, " must be finite and at least ", least, ", got ", value));
}

// The number of epochs since the last that was better than the best before it.
class Plateau {
 public:
  Plateau(Monitor monitor, double min_delta) : monitor_{monitor}, min_delta_{min_delta} {}

  void add(const EpochReport& report) {
    const double now = cost(report, monitor_);
    const bool better = now + min_delta_ < best_;
    epochs_ = better ? 0 : epochs_ + 1;
    if (better) best_ = now;
  }
  int epochs() const { return epochs_; }
  void restart() { epochs_ = 0; }

 private:
  Monitor monitor_;
  double min_delta_, best_ = std::numeric_limits<double>::infinity();
  int epochs_ = 0;
};

// The shortest text that reads back as the same number.
std::string exact(double number) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, number).ptr};
}

std::string table_of(const History& history) {
  std::string table =
      "epoch,train_loss,train_accuracy,test_loss,test_accuracy,data_seconds,forward_seconds,"
      "backward_seconds,update_seconds,test_seconds,images_per_second\n";
  for (const EpochReport& report : history.epochs) {
    const Seconds& s = report.seconds;
    table += std::to_string(report.epoch);
    for (const double number :
         {report.train.loss, report.train.accuracy, report.test.loss, report.test.accuracy, s.data,
          s.forward, s.backward, s.update, s.test, report.images_per_second()})
      (table += ',') += exact(number);
    table += '\n';
  }
  return table;
}

// Throws DataError if there can be no such file; leaves what is there as it is.
void check_writable(const std::string& path) { NewFile{path}; }

}  // namespace

EpochCallback early_stopping(const EarlyStoppingOptions& options, Location at) {
  const Op op{"early_stopping", at};
  check_at_least(op, "patience", 1, options.patience);
  check_at_least(op, "min_delta", 0, options.min_delta);
  return [options](const History& history) {
    Plateau plateau{options.monitor, options.min_delta};
    for (const EpochReport& report : history.epochs) plateau.add(report);
    return plateau.epochs() < options.patience;
  };
}

EpochCallback reduce_on_plateau(Optimizer& optimizer, const ReduceOnPlateauOptions& options,
                                Location at) {
  const Op op{"reduce_on_plateau", at};
  if (!(options.factor > 0 && options.factor < 1))
    throw ValueError(op, text("factor must be in (0, 1), got ", options.factor));
  check_at_least(op, "patience", 1, options.patience);
  check_at_least(op, "min_delta", 0, options.min_delta);
  check_at_least(op, "min_rate", 0, options.min_rate);
  if (optimizer.schedule())
    throw ValueError(op, "the optimizer has a schedule, which sets the rate of each step");
  return [&optimizer, op, options, first = optimizer.learning_rate()](const History& history) {
    if (optimizer.schedule())
      throw ValueError(op, "the optimizer has a schedule, which sets the rate of each step");
    double rate = first;
    bool now = false;  // whether the last epoch ends a plateau
    Plateau plateau{options.monitor, options.min_delta};
    for (const EpochReport& report : history.epochs) {
      plateau.add(report);
      now = plateau.epochs() >= options.patience;
      if (!now) continue;
      rate = std::min(rate, std::max(options.factor * rate, options.min_rate));  // never higher
      plateau.restart();
    }
    if (now) optimizer.set_learning_rate(std::min(rate, optimizer.learning_rate()));
    return true;
  };
}

EpochCallback save_best_weights(const std::string& path, std::vector<NamedParameter> parameters,
                                const SaveBestOptions& options) {
  check_writable(path);
  return [path, parameters = std::move(parameters), options](const History& history) {
    if (history.epochs.empty()) return true;
    const auto last = history.epochs.end() - 1;
    const double now = cost(*last, options.monitor);
    const bool best = std::isfinite(now) &&
                      std::all_of(history.epochs.begin(), last, [&](const EpochReport& earlier) {
                        return now < cost(earlier, options.monitor);
                      });
    if (best) save_weights(path, parameters);
    return true;
  };
}

EpochCallback csv_log(const std::string& path) {
  check_writable(path);
  return [path](const History& history) {
    const std::string table = table_of(history);
    NewFile file{path};
    file.write(table.data(), table.size());
    file.commit();
    return true;
  };
}

}  // namespace xtape::inline XTAPE_ABI
