// SPDX-License-Identifier: MIT
#include "record.hpp"

#include "../experiment/options.hpp"
#include "../experiment/print.hpp"

#include <algorithm>
#include <CLI/CLI.hpp>
#include <cmath>
#include <vector>

using namespace xtape;
using experiment::print;

namespace records {
namespace {

constexpr std::size_t sample = 2000;  // images that are enough to tell the work of all

// Multiplications and additions of a training.
double flops(const Record& record, const data::Split& data) {
  const std::size_t count = std::min(sample, data.train.size());
  const Profiler profiler;
  record.train({data.train.first(count), data.test.first(1)}, 0);
  double sum = 0;
  for (const Profiler::Row& row : profiler.rows()) sum += row.flops;
  return sum / static_cast<double>(count) * static_cast<double>(data.train.size());
}

// The mean, and how far the values are from it.
struct Spread {
  explicit Spread(const std::vector<double>& values) {
    const auto n = static_cast<double>(values.size());
    for (const double value : values) mean += value / n;
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    deviation = values.size() > 1 ? std::sqrt(squares / (n - 1)) : 0;
  }
  double mean = 0, deviation = 0;
};

int measure(const Record& record, const data::Split& data, std::size_t threads) {
  print(stdout, "{} images of {} from {}, {} to test with; {}, {} thread{}\n", data.train.size(),
        data.train.name(), data.train.source(), data.test.size(), experiment::processor(), threads,
        threads == 1 ? "" : "s");
  std::fflush(stdout);
  const double work = flops(record, data);
  std::vector<double> accuracies, seconds;
  for (std::uint64_t seed = 1; seed <= record.seeds; ++seed) {
    const Outcome outcome = record.train(data, seed);
    accuracies.push_back(outcome.accuracy);
    seconds.push_back(outcome.seconds);
    print(stdout, "seed {}: {:.4f} in {:.2f} s\n", seed, outcome.accuracy, outcome.seconds);
    std::fflush(stdout);
  }
  const Spread reached{accuracies}, taken{seconds};
  if (record.data.limit == 0 && !data.train.synthetic())
    print(stdout, "the goal is {:.4f}: {}\n", record.goal,
          reached.mean >= record.goal ? "reached" : "missed");
  print(stdout,
        "test accuracy {:.5f} deviation {:.5f} lowest {:.4f} seconds {:.3f} deviation {:.3f} "
        "GFLOP {:.1f} GFLOP/s {:.0f}\n",
        reached.mean, reached.deviation, *std::ranges::min_element(accuracies), taken.mean,
        taken.deviation, work / 1e9, work / 1e9 / taken.mean);
  return 0;
}

}  // namespace

int run(Record record, int argc, char** argv) {
  std::size_t threads = thread_count();
  std::string precision = "float";
  CLI::App app{record.purpose};
  app.add_option("--seeds", record.seeds, "Trainings, with the seeds 1, 2 and so on")
      ->transform(experiment::whole(1, 1'000'000))
      ->capture_default_str();
  experiment::add_data_options(app, *record.catalogue, record.data);
  experiment::add_precision_option(app, precision);
  experiment::add_threads_option(app, threads);
  CLI11_PARSE(app, argc, argv);
  try {
    const ThreadLimit most{threads};
    const Precision scope{experiment::precision_of(precision)};
    data::Split data = experiment::load(*record.catalogue, record.data);
    if (const std::size_t limit = record.data.limit; limit > 0 && limit < data.test.size())
      data.test = data.test.first(limit);
    if (record.prepare) data = {record.prepare(data.train), record.prepare(data.test)};
    return measure(record, data, threads);
  } catch (const std::exception& error) {
    print(stderr, "{}: {}\n", record.name, error.what());
    return 1;
  }
}

}  // namespace records
