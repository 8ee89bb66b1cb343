// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <fstream>

using namespace xtape;

namespace experiment {
namespace {

using Load = data::Split (*)(const data::SourceOptions&);
const std::map<std::string, Load> datasets = {{"mnist", data::mnist},
                                              {"fashion-mnist", data::fashion_mnist}};

// Of images such as MNIST's.
std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const auto& [name, architecture] : models::by_name())
    if (architecture.input == Shape{28, 28, 1}) names.push_back(name);
  return names;
}

template <class Map>
std::vector<std::string> keys(const Map& map) {
  std::vector<std::string> names;
  for (const auto& [name, value] : map) names.push_back(name);
  return names;
}

// As Linux calls it; empty where it does not.
std::string processor() {
  std::ifstream file{"/proc/cpuinfo"};
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return {};
}

std::vector<std::string> class_names(const data::ImageDataset& dataset) {
  if (dataset.name() == "Fashion-MNIST" && !dataset.synthetic())
    return {"T-shirt", "trousers", "pullover", "dress", "coat",
            "sandal",  "shirt",    "sneaker",  "bag",   "ankle boot"};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < dataset.classes(); ++i) names.push_back(std::to_string(i));
  return names;
}

// Takes a text that is such a number from its first character to its last, and leaves it as CLI11 cannot
// misread it.
template <class T>
CLI::Validator bounded(const char* kind, T least, T most) {
  const std::string range = fmt::format("from {} to {}", least, most);
  const auto check = [=](std::string& text) {
    T value{};
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error == std::errc::invalid_argument || rest != end)
      return fmt::format("expected a {}, got {}", kind, text);
    if (error != std::errc{} || !(value >= least && value <= most))
      return fmt::format("expected a {} {}, got {}", kind, range, text);
    text = fmt::format("{}", value);
    return std::string{};
  };
  return {check, most == std::numeric_limits<T>::max() ? fmt::format("from {}", least) : range};
}

}  // namespace

CLI::Validator whole(std::uint64_t least, std::uint64_t most) {
  return bounded("whole number", least, most);
}

CLI::Validator number(double most) { return bounded("number", 0.0, most); }

void add_common_options(CLI::App& app, Settings& s, DataSettings& data) {
  app.add_option("--model", s.model, "Architecture")
      ->check(CLI::IsMember(model_names()))
      ->capture_default_str();
  app.add_option("--preset", s.preset, "Whose defaults and formulas the optimizer follows")
      ->check(CLI::IsMember(keys(presets())))
      ->capture_default_str();
  app.add_option("--epochs", s.epochs, "Passes over the training set")
      ->transform(whole(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--batch-size", s.batch_size, "Images per step")
      ->transform(whole(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--dataset", data.dataset, "What to learn")
      ->check(CLI::IsMember(keys(datasets)))
      ->capture_default_str();
  app.add_option("--data", data.directory,
                 "Directory of the dataset's files [$XTAPE_DATA, else the cache, else a download]");
  app.add_option("--limit", data.limit, "Use only the first so many training images [all]")
      ->transform(whole());
}

void add_threads_option(CLI::App& app, std::size_t& threads) {
  app.add_option("--threads", threads, "Threads; the result does not depend on them")
      ->transform(whole(1, 1024))
      ->capture_default_str();
}

data::Split load(const DataSettings& settings) {
  data::Split split = datasets.at(settings.dataset)({.directory = settings.directory});
  if (settings.limit > 0) split.train = split.train.first(settings.limit);
  return split;
}

void check_writable(const char* what, const std::string& path) {
  if (!path.empty()) xtape::check_writable(path, what);
}

std::vector<std::string> optimizers() {
  std::vector<std::string> names;
  for (const NamedOptimizer& named : named_optimizers()) names.emplace_back(named.name);
  return names;
}

void describe(report::Results& results, const Settings& s, const data::Split& data,
              std::size_t threads) {
  results.settings = {{"model", s.model},
                      {"preset", s.preset},
                      {"schedule", s.schedule},
                      {"batch size", std::to_string(s.batch_size)},
                      {"dataset", data.train.name()},
                      {"training images", std::to_string(data.train.size())},
                      {"test images", std::to_string(data.test.size())},
                      {"threads", std::to_string(threads)}};
  results.versions = {{"xtape", version()}, {"compiler", fmt::format("g++ {}", __VERSION__)}};
  if (const std::string name = processor(); !name.empty()) results.versions["processor"] = name;
  for (const NamedOptimizer& named : named_optimizers())
    results.titles.emplace(named.name, named.title);
  results.epochs = static_cast<std::size_t>(s.epochs);
  results.test_samples = data.test.size();
  results.classes = class_names(data.test);
  results.image_height = data.test.sample_shape()[0];
  results.image_width = data.test.sample_shape()[1];
}

std::string command_line(int argc, const char* const* argv) {
  std::string line;
  for (int i = 0; i < argc; ++i) {
    const std::string word = argv[i];
    const bool plain = !word.empty() && word.find_first_not_of(
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789_-./=,:@%+") == std::string::npos;
    std::string quoted;
    for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string{c};
    line += (i == 0 ? "" : " ") + (plain ? word : '\'' + quoted + '\'');
  }
  return line;
}

}  // namespace experiment
