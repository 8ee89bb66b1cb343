// SPDX-License-Identifier: MIT
#include "formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <tuple>

namespace report {
namespace {

void check_size(const std::string& field, std::size_t found, std::size_t expected,
                const char* what) {
  if (found != expected)
    throw std::runtime_error{
        fmt::format("{}: expected {} {}, found {}", field, expected, what, found)};
}

// So that products of sizes do not overflow.
void check_length(const std::string& field, std::size_t found) {
  constexpr std::size_t most = 1 << 20;
  if (found > most)
    throw std::runtime_error{fmt::format("{}: expected at most {}, found {}", field, most, found)};
}

void check_class(const std::string& field, int found, std::size_t classes) {
  if (found < 0 || static_cast<std::size_t>(found) >= classes)
    throw std::runtime_error{
        fmt::format("{}: expected one of {} classes, found {}", field, classes, found)};
}

void check_run(const std::string& name, const Run& run, const Results& results) {
  const std::size_t classes = results.classes.size(), parameters = run.parameters.size();
  for (std::size_t i = 0; i < run.epochs.size(); ++i)
    for (const double share : {run.epochs[i].train_accuracy, run.epochs[i].test_accuracy})
      if (std::isfinite(share) && (share < 0 || share > 1))
        throw std::runtime_error{fmt::format(
            "{}.epochs[{}]: expected an accuracy from 0 to 1, found {}", name, i, share)};
  if (!run.confusion.empty())
    check_size(name + ".confusion", run.confusion.size(), classes, "rows, one per class");
  for (std::size_t i = 0; i < run.confusion.size(); ++i) {
    const std::string row = fmt::format("{}.confusion[{}]", name, i);
    check_size(row, run.confusion[i].size(), classes, "counts, one per class");
    if (std::ranges::any_of(run.confusion[i], [](int count) { return count < 0; }))
      throw std::runtime_error{row + ": expected counts of at least 0"};
  }
  for (std::size_t i = 0; i < run.updates.size(); ++i) {
    const std::string update = fmt::format("{}.updates[{}]", name, i);
    check_size(update + ".gradient_norms", run.updates[i].gradient_norms.size(), parameters,
               "numbers, one per parameter");
    check_size(update + ".update_ratios", run.updates[i].update_ratios.size(), parameters,
               "numbers, one per parameter");
  }
  for (std::size_t i = 0; i < run.mistakes.size(); ++i) {
    const std::string mistake = fmt::format("{}.mistakes[{}]", name, i);
    check_class(mistake + ".label", run.mistakes[i].label, classes);
    check_class(mistake + ".predicted", run.mistakes[i].predicted, classes);
    const std::size_t area = results.image_height * results.image_width;
    if (const std::size_t size = run.mistakes[i].pixels.size(); size != 0 && size != 3 * area)
      check_size(mistake + ".pixels", size, area, "pixels");
  }
  for (std::size_t i = 0; i < run.pictures.size(); ++i) {
    const Picture& picture = run.pictures[i];
    const std::string field = fmt::format("{}.pictures[{}].", name, i);
    check_length(field + "height", picture.height);
    check_length(field + "width", picture.width);
    check_size(field + "pixels", picture.pixels.size(), picture.height * picture.width, "pixels");
  }
  if (run.mistake_count < run.mistakes.size())
    throw std::runtime_error{fmt::format("{}.mistake_count: expected at least {}, found {}", name,
                                         run.mistakes.size(), run.mistake_count)};
  const Filters& f = run.filters;
  check_length(name + ".filters.height", f.height);
  check_length(name + ".filters.width", f.width);
  check_length(name + ".filters.count", f.count);
  check_size(name + ".filters.weights", f.weights.size(), f.height * f.width * f.count, "weights");
}

}  // namespace

void check(const Results& results) {
  check_length("image_height", results.image_height);
  check_length("image_width", results.image_width);
  std::set<std::tuple<std::string, std::uint64_t, double>> known;
  for (std::size_t i = 0; i < results.runs.size(); ++i) {
    const Run& run = results.runs[i];
    const std::string name = fmt::format("runs[{}]", i);
    if (!known.emplace(run.optimizer, run.seed, run.learning_rate).second)
      throw std::runtime_error{fmt::format("{}: there is another run of {} with seed {}", name,
                                           run.optimizer, run.seed)};
    check_run(name, run, results);
  }
}

}  // namespace report
