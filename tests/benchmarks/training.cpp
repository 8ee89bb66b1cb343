// SPDX-License-Identifier: MIT
// How fast a model trains, through the public API alone. Random images, or text: the speed does not depend on
// what they show.
//   training --model cnn --threads 2 --steps 300
// prints a line of JSON: the images, or texts, per second of each block of 50 steps, after a block that is not
// counted; the milliseconds per step in each phase, and with --ops in each op; and the peak of resident memory.
#include <models/models.hpp>
#include <models/text.hpp>
#include <xtape/xtape.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/resource.h>

using namespace xtape;

namespace {

struct Settings {
  std::string model = "cnn";
  std::size_t batch_size = 64, threads = thread_count();
  int steps = 300, block = 50;
  Precision::Kind precision = Precision::full;
  bool ops = false;
};

// As many bytes as MNIST has.
data::ImageDataset noise(const Shape& image, Rng& rng) {
  data::ImageData data{
      .height = image[0], .width = image[1], .channels = image[2], .name = "noise"};
  data.labels.resize(60000 * 28 * 28 / element_count(image));
  for (std::int32_t& label : data.labels) label = static_cast<std::int32_t>(rng.below(10));
  data.pixels.resize(data.labels.size() * element_count(image));
  for (std::uint8_t& pixel : data.pixels) pixel = static_cast<std::uint8_t>(rng());
  return data::ImageDataset{std::move(data)};
}

// Windows of 64 characters, of 65 kinds.
data::TextDataset babble(Rng& rng) {
  std::vector<std::int32_t> ids(64 * 4096 + 1);
  for (std::int32_t& id : ids) id = static_cast<std::int32_t>(rng.below(65));
  return data::TextDataset{std::move(ids), {.context = 64}};
}

// What is trained, on what.
struct Subject {
  std::shared_ptr<data::Dataset> data;
  std::function<Variable(Tape& tape, const data::Batch& batch)> loss;
};
Subject subject(const std::string& name, Rng& rng) {
  if (const auto text = models::text_models().find(name); text != models::text_models().end()) {
    const std::shared_ptr<models::TextModel> net = text->second(65, 64, rng);
    return {std::make_shared<data::TextDataset>(babble(rng)),
            [net](Tape& tape, const data::Batch& b) {
              return softmax_cross_entropy((*net)(tape, b.input()), b.target());
            }};
  }
  const models::Architecture& architecture = models::by_name().at(name);
  const auto images = std::make_shared<data::ImageDataset>(noise(architecture.input, rng));
  const auto net = std::make_shared<Sequential>(architecture.make(rng));
  return {images, [net](Tape& tape, const data::Batch& b) {
            return softmax_cross_entropy((*net)(tape.input(b.input())), b.target());
          }};
}

struct Measurement {
  std::vector<double> rates;                   // images per second of each block
  std::map<std::string, double> milliseconds;  // per step, from blocks of their own with a profiler
};

Measurement measure(const Settings& s) {
  using Clock = std::chrono::steady_clock;
  Rng rng{1};
  const Subject subject = ::subject(s.model, rng);
  Adam adam{{.learning_rate = 1e-3}};
  Measurement measured;
  std::optional<Profiler> profiler;
  int steps = 0;
  Clock::time_point start;
  while (true)
    for (const auto& batch : data::batches(*subject.data, s.batch_size, rng)) {
      if (batch.size() < s.batch_size) continue;
      Tape tape{Mode::train, rng};
      tape.backward(subject.loss(tape, batch), adam);

      if (++steps % s.block != 0) continue;
      const Clock::time_point now = Clock::now();
      const double seconds = std::chrono::duration<double>(now - start).count();
      if (profiler) {
        using enum Profiler::Phase;
        for (const auto& [name, phase] :
             {std::pair{"data", data}, std::pair{"forward", forward},
              std::pair{"backward", backward}, std::pair{"update", update}})
          measured.milliseconds[name] = 1e3 * profiler->seconds(phase) / s.block;
        if (s.ops) profiler->print(stderr);
        return measured;
      }
      if (steps > s.block)
        measured.rates.push_back(static_cast<double>(s.block) * static_cast<double>(s.batch_size) /
                                 seconds);
      if (steps >= s.block + s.steps) profiler.emplace();
      start = Clock::now();
    }
}

}  // namespace

int main(int argc, char** argv) try {
  Settings s;
  CLI::App app{"Measures training steps"};
  std::vector<std::string> names;
  for (const auto& [name, model] : models::by_name()) names.push_back(name);
  for (const auto& [name, model] : models::text_models()) names.push_back(name);
  app.add_option("--model", s.model, "Architecture")
      ->check(CLI::IsMember(names))
      ->capture_default_str();
  app.add_option("--batch-size", s.batch_size, "Images per step")
      ->check(CLI::Range(1, 60000))
      ->capture_default_str();
  app.add_option("--threads", s.threads, "Threads")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--steps", s.steps, "Steps to measure")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--block", s.block, "Steps of a block")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--precision", s.precision, "Of products: float (default), or bf16")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Precision::Kind>{
          {"float", Precision::full}, {"bf16", Precision::bf16}}));
  app.add_flag("--ops", s.ops, "Show the time of each op, too");
  CLI11_PARSE(app, argc, argv);

  if (s.precision == Precision::bf16 && bf16_unit().empty()) {
    std::fputs("training: this machine multiplies no bf16\n", stderr);
    return 1;
  }
  const ThreadLimit limit{s.threads};
  const Precision precision{s.precision};
  const Measurement measured = measure(s);
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  std::cout << nlohmann::json{{"program", "xtape"},
                              {"model", s.model},
                              {"threads", s.threads},
                              {"rates", measured.rates},
                              {"milliseconds", measured.milliseconds},
                              {"peak_megabytes", static_cast<double>(usage.ru_maxrss) * 1024 / 1e6}}
            << '\n';
} catch (const std::exception& error) {
  std::fprintf(stderr, "training: %s\n", error.what());
  return 1;
}
