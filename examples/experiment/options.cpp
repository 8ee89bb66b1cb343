// SPDX-License-Identifier: MIT
#include "options.hpp"

#include "print.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <charconv>
#include <fstream>

using namespace xtape;

namespace experiment {
namespace {

template <class Map>
std::vector<std::string> keys(const Map& map) {
  std::vector<std::string> names;
  for (const auto& [name, value] : map) names.push_back(name);
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

// A number that is the preset's unless it is given.
void add_number(CLI::App& app, const char* option, std::optional<double>& to, const char* what) {
  const std::string standard = to ? fmt::format("{}", *to) : "the preset's";
  app.add_option(option, to, fmt::format("{} [{}]", what, standard))->transform(number());
}

}  // namespace

std::string processor() {
  std::ifstream file{"/proc/cpuinfo"};
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return {};
}

CLI::Validator whole(std::uint64_t least, std::uint64_t most) {
  return bounded("whole number", least, most);
}

CLI::Validator number(double most) { return bounded("number", 0.0, most); }

void add_model_option(CLI::App& app, Settings& s) {
  app.add_option("--model", s.model, "Architecture")
      ->check(CLI::IsMember(keys(s.catalogue->models)))
      ->capture_default_str();
}

void add_preset_option(CLI::App& app, Settings& s) {
  app.add_option("--preset", s.preset, "Whose defaults and formulas the optimizer follows")
      ->check(CLI::IsMember(keys(presets())))
      ->capture_default_str();
}

void add_common_options(CLI::App& app, Settings& s, DataSettings& data) {
  add_preset_option(app, s);
  app.add_option("--epochs", s.epochs, "Passes over the training set")
      ->transform(whole(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--batch-size", s.batch_size, "Images per step")
      ->transform(whole(1, 1'000'000))
      ->capture_default_str();
  add_data_options(app, *s.catalogue, data);
}

void add_data_options(CLI::App& app, const Catalogue& catalogue, DataSettings& data) {
  app.add_option("--dataset", data.dataset, "What to learn")
      ->check(CLI::IsMember(keys(catalogue.datasets)))
      ->capture_default_str();
  app.add_option("--data", data.directory,
                 "Directory of the dataset's files [$XTAPE_DATA, else the cache, else a download]");
  app.add_option("--limit", data.limit, "Use only the first so many training images [all]")
      ->transform(whole());
}

void add_optimizer_options(CLI::App& app, Settings& s) {
  app.add_option("--optimizer", s.optimizer, "Optimizer")
      ->check(CLI::IsMember(optimizers()))
      ->capture_default_str();
  add_number(app, "--learning-rate", s.learning_rate, "Learning rate");
  add_number(app, "--weight-decay", s.weight_decay, "What pulls weights to 0");
}

void add_training_options(CLI::App& app, Settings& s) {
  add_optimizer_options(app, s);
  app.add_option("--schedule", s.schedule, "How the learning rate changes")
      ->check(CLI::IsMember(schedule_names()))
      ->capture_default_str();
  app.add_option("--warmup-epochs", s.warmup_epochs, "Epochs in which it rises, for cosine")
      ->transform(number(1'000'000))
      ->capture_default_str();
  add_run_options(app, s);
  app.add_option("--batch-norm", s.batch_norm,
                 "Whose mean and variance it takes: each shard its own, or all those of the batch")
      ->check(CLI::IsMember({"per-shard", "synchronised"}))
      ->capture_default_str();
}

void add_run_options(CLI::App& app, Settings& s) {
  add_precision_option(app, s.precision);
  app.add_option("--seed", s.seed, "Seed of weights, order and whatever is drawn")
      ->transform(whole())
      ->capture_default_str();
  app.add_option("--prefetch", s.prefetch,
                 "Batches gathered ahead; the result does not depend on it")
      ->transform(whole(0, 1024))
      ->capture_default_str();
  const auto checkpoint =
      app.add_option("--checkpoint", s.checkpoint,
                     "Keep what is needed to go on in this file, after each epoch and on Ctrl-C");
  app.add_option("--checkpoint-every", s.checkpoint_every, "And after each so many steps")
      ->transform(whole())
      ->needs(checkpoint);
  app.add_flag("--resume", s.resume, "Go on from --checkpoint, if it is there")->needs(checkpoint);
  app.add_option("--tensorboard", s.events, "Write TensorBoard's event files to this directory");
  add_distributed_options(app, s);
  app.add_flag("--check-numerics", s.check_numerics, "Find the op that makes a NaN or an infinity");
}

void add_precision_option(CLI::App& app, std::string& precision) {
  app.add_option("--precision", precision,
                 "Of what products and convolutions multiply; bf16 is for processors with AMX or "
                 "AVX-512 BF16")
      ->check(CLI::IsMember({"float", "bf16"}))
      ->capture_default_str();
}

Precision::Kind precision_of(const std::string& precision) {
  if (precision == "float") return Precision::full;
  static const bool available = [] {
    const bool found = !bf16_unit().empty();
    if (!found) print(stderr, "this machine multiplies no bf16: all is computed in float\n");
    return found;
  }();
  return available ? Precision::bf16 : Precision::full;
}

void add_distributed_options(CLI::App& app, Settings& s) {
  app.add_flag(
      "--distributed", s.distributed,
      "Train with all processes that `mpirun` has started, each with its part of each batch");
  app.add_option("--shards", s.shards,
                 "Cut batches into so many, for the same bits with any number of processes; 0: as "
                 "many as these")
      ->transform(whole(0, 1024))
      ->capture_default_str();
}

void add_threads_option(CLI::App& app, std::size_t& threads) {
  app.add_option("--threads", threads, "Threads; the result does not depend on them")
      ->transform(whole(1, 1024))
      ->capture_default_str();
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
  if (s.weight_decay) results.settings["weight decay"] = fmt::format("{}", *s.weight_decay);
  if (!s.augment.empty())
    results.settings["augmentation"] = fmt::format("{}", fmt::join(s.augment, ", "));
  if (s.normalize) results.settings["normalisation"] = "by channel";
  if (s.precision != "float") results.settings["precision"] = s.precision;
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
