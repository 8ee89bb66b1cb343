// SPDX-License-Identifier: MIT
#include "sample.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>

using namespace report;

namespace test {
namespace {

// How an invented optimizer learns: its error falls from `first` to `last`.
struct Kind {
  const char* name;
  const char* title;
  double learning_rate, first, last, update_seconds;
};
constexpr Kind kinds[] = {{"adam", "Adam", 0.001, 0.021, 0.0089, 0.74},
                          {"rmsprop", "RMSprop", 0.001, 0.024, 0.0094, 0.62},
                          {"adagrad", "Adagrad", 0.001, 0.115, 0.046, 0.55},
                          {"adadelta", "Adadelta", 0.001, 0.36, 0.142, 0.83},
                          {"momentum", "SGD with momentum", 0.01, 0.052, 0.0112, 0.41},
                          {"sgd", "SGD", 0.01, 0.112, 0.0316, 0.22}};

using Random = std::mt19937;
// Not std::normal_distribution, whose numbers differ from library to library.
double noise(Random& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += static_cast<double>(random()) / 4294967296.0;
  return sum;
}

std::vector<Epoch> epochs(const Kind& kind, std::size_t count, Random& random) {
  std::vector<Epoch> all;
  for (std::size_t i = 0; i < count; ++i) {
    const double share = std::pow(static_cast<double>(i + 1), -1.1);
    const double error =
        (kind.last * (1 - share) + kind.first * share) * (1 + 0.03 * noise(random));
    Epoch e;
    e.test_accuracy = 1 - std::round(error * 10000) / 10000;
    e.test_loss = 3.3 * error * (1 + 0.02 * noise(random));
    e.train_loss = 2.4 * error + 0.6 * kind.first * share * (1 + 0.02 * noise(random));
    e.train_accuracy = 1 - 0.8 * error;
    e.data_seconds = 0.05 + 0.002 * noise(random);
    e.forward_seconds = 1.62 + 0.03 * noise(random);
    e.backward_seconds = 2.71 + 0.04 * noise(random);
    e.update_seconds = kind.update_seconds * (1 + 0.02 * noise(random));
    e.test_seconds = 0.24 + 0.004 * noise(random);
    e.learning_rate = kind.learning_rate;
    e.images_per_second =
        60000 / (e.data_seconds + e.forward_seconds + e.backward_seconds + e.update_seconds);
    all.push_back(e);
  }
  return all;
}

// A digit of seven segments, blurred.
std::vector<std::uint8_t> digit(int which, Random& random) {
  constexpr int segments[] = {0x77, 0x24, 0x5d, 0x6d, 0x2e, 0x6b, 0x7b, 0x25, 0x7f, 0x6f};
  constexpr double lines[7][4] = {{9, 5, 19, 5},   {9, 5, 9, 14},  {19, 5, 19, 14},
                                  {9, 14, 19, 14}, {9, 14, 9, 23}, {19, 14, 19, 23},
                                  {9, 23, 19, 23}};
  const double slant = 0.12 + 0.08 * noise(random);
  std::vector<std::uint8_t> pixels;
  for (int row = 0; row < 28; ++row)
    for (int column = 0; column < 28; ++column) {
      double nearest = 100;
      for (int s = 0; s < 7; ++s) {
        if (!(segments[which] >> s & 1)) continue;
        const auto& l = lines[s];
        const double x = column + slant * (row - 14);
        const double dx = x - std::clamp(x, l[0], l[2]),
                     dy = row - std::clamp(1.0 * row, l[1], l[3]);
        nearest = std::min(nearest, std::hypot(dx, dy));
      }
      pixels.push_back(static_cast<std::uint8_t>(std::clamp(255 * (2.2 - nearest), 0.0, 255.0)));
    }
  return pixels;
}

void add_mistakes(Run& run, double error, Random& random) {
  run.confusion.assign(10, std::vector<int>(10, 0));
  for (int i = 0; i < 10; ++i) run.confusion[i][i] = 980 + 5 * i;
  run.mistake_count = static_cast<std::size_t>(error * 10000);
  for (std::size_t i = 0; i < run.mistake_count; ++i) {
    constexpr int pairs[][2] = {{4, 9}, {9, 4}, {7, 2}, {3, 5}, {5, 3},
                                {2, 7}, {8, 3}, {6, 0}, {9, 7}};
    const bool common = random() % 3 != 0;
    const int* pair = pairs[random() % 9];
    const int label = common ? pair[0] : static_cast<int>(random() % 10);
    const int predicted = common ? pair[1] : (label + 1 + static_cast<int>(random() % 9)) % 10;
    --run.confusion[label][label];
    ++run.confusion[label][predicted];
    if (run.mistakes.size() < 40)
      run.mistakes.push_back({random() % 10000, label, predicted,
                              0.9999 - 0.0061 * static_cast<double>(i), digit(label, random)});
  }
}

void add_filters(Run& run, Random& random) {
  run.filters = {3, 3, 32, {}};
  for (int i = 0; i < 3 * 3 * 32; ++i) run.filters.weights.push_back(0.17 * noise(random));
}

void add_updates(Run& run, Random& random) {
  run.parameters = {"0.weight", "0.bias", "4.weight", "4.bias", "7.weight", "7.bias"};
  for (double step = 1; step <= 9380; step = std::max(step + 1, step * 1.06)) {
    UpdateSample sample{static_cast<std::uint64_t>(step), {}, {}};
    for (std::size_t p = 0; p < run.parameters.size(); ++p) {
      const double fall = std::pow(step, -0.25) * std::exp(0.25 * noise(random));
      sample.gradient_norms.push_back((p % 2 ? 0.08 : 0.7) * (1 + static_cast<double>(p)) * fall);
      // A bias is 0 at first, so that its first update is infinitely larger.
      sample.update_ratios.push_back(p % 2 && step == 1 ? std::numeric_limits<double>::infinity()
                                                        : (p % 2 ? 0.02 : 0.003) * fall);
    }
    run.updates.push_back(sample);
  }
}

Run run_of(const Kind& kind, std::uint64_t seed, std::size_t count) {
  Random random{
      static_cast<unsigned>(seed * 7 + static_cast<std::uint64_t>(1000 * kind.last * 100))};
  Run run;
  run.optimizer = kind.name;
  run.seed = seed;
  run.learning_rate = kind.learning_rate;
  run.complete = true;
  run.epochs = epochs(kind, count, random);
  add_mistakes(run, 1 - run.epochs.back().test_accuracy, random);
  add_filters(run, random);
  add_updates(run, random);
  return run;
}

}  // namespace

Results sample() {
  Results results;
  results.title = "Six optimizers on MNIST";
  results.command =
      "build/examples/compare --model cnn --dataset mnist --epochs 10 --seeds 1,2,3 --report "
      "report";
  results.settings = {{"model", "cnn"},
                      {"dataset", "mnist"},
                      {"preset", "keras"},
                      {"batch size", "64"},
                      {"threads", "2"},
                      {"parameters", "1,199,882"},
                      {"training images", "60,000"}};
  results.versions = {{"xtape", "0.1.0"},
                      {"compiler", "g++ 12.2.0"},
                      {"OpenBLAS", "0.3.21"},
                      {"processor", "an invented one, 2 cores"}};
  for (const Kind& kind : kinds) results.titles.emplace(kind.name, kind.title);
  results.epochs = 10;
  results.test_samples = 10000;
  for (int i = 0; i < 10; ++i) results.classes.push_back(std::to_string(i));
  for (std::uint64_t seed = 1; seed <= 3; ++seed)
    for (const Kind& kind : kinds) results.runs.push_back(run_of(kind, seed, results.epochs));
  results.reference_source = "an invented article, Keras on an invented machine, 10 epochs";
  results.references = {{"adam", 0.9893, 0.0351, 625},
                        {"rmsprop", 0.9887, 0.0348, 609},
                        {"sgd", 0.9679, 0.1050, 528}};
  return results;
}

Results interrupted_sample() {
  Results results = sample();
  results.title = "Six optimizers on MNIST, interrupted";
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const auto diverge = [&](Run& run, std::size_t epoch, double test_loss) {
    run.epochs.resize(epoch);
    Epoch& last = run.epochs.back();
    last.train_loss = last.train_accuracy = last.test_accuracy = nan;
    last.test_loss = test_loss;
  };
  diverge(results.runs[7], 4, nan);    // rmsprop, seed 2
  for (std::size_t i : {2u, 8u, 14u})  // adagrad
    diverge(results.runs[i], i == 2 ? 5 : 4, std::numeric_limits<double>::infinity());
  for (std::size_t i : {3u, 9u, 15u}) {  // adadelta
    results.runs[i].epochs.resize(i == 3 ? 4 : 0);
    results.runs[i].complete = false;
  }
  results.runs[17].epochs.clear();  // sgd, seed 3
  results.runs[17].complete = false;
  return results;
}

Results small_sample() {
  Results results = sample();
  results.title = "Adam on MNIST";
  results.epochs = 1;
  results.references.clear();
  results.runs.resize(1);
  results.runs[0].epochs.resize(1);
  results.runs[0].filters = {};
  return results;
}

Results drawn_sample() {
  Results results = sample();
  results.title = "Adam draws";
  results.accuracies = false;
  results.loss = "nats";
  results.classes.clear();
  results.references.clear();
  results.runs.resize(1);
  Run& run = results.runs[0];
  for (Epoch& e : run.epochs)
    e.train_accuracy = e.test_accuracy = std::numeric_limits<double>::quiet_NaN();
  run.confusion.clear();
  run.mistakes.clear();
  run.mistake_count = 0;
  run.pictures = {{"what it \"sees\"", 2, 3, {0, 50, 100, 150, 200, 250}}};
  return results;
}

Results crowded_sample() {
  Results results = small_sample();
  results.title = "Nine optimizers with-names-that-have-no-place-to-break-a-line-and-go-on-and-on";
  results.command += " --and --many --more --options --than --fit --into --a --window";
  results.settings["a file"] = "/a/path/that/has/no/place/to/break/a/line/" + std::string(60, 'x');
  results.epochs = 60;
  results.runs.clear();
  for (std::uint64_t i = 0; i < 9; ++i) {
    Run run = run_of(kinds[i % 2], i, results.epochs);
    run.optimizer = "optimizer-with-a-long-name-" + std::to_string(i);
    for (std::string& name : run.parameters) name = "backbone.0.residual." + name;
    for (Mistake& mistake : run.mistakes) mistake.pixels.clear();
    results.runs.push_back(run);
  }
  return results;
}

}  // namespace test
