// SPDX-License-Identifier: MIT
// How fast a model trains, through the public API alone. Random images: the speed does not depend on
// what they show.
//   training --model cnn --threads 2 --steps 300
// prints a line of JSON: the images per second of each block of 50 steps, after 50 steps that are not
// counted; the milliseconds per step in each phase; and the peak of resident memory.
#include <models/models.hpp>
#include <xtape/xtape.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/resource.h>

using namespace xtape;

namespace {

constexpr int block_steps = 50;

struct Settings {
  std::string model = "cnn";
  std::size_t batch_size = 64, threads = thread_count();
  int steps = 300;
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

struct Measurement {
  std::vector<double> rates;                   // images per second of each block
  std::map<std::string, double> milliseconds;  // per step, from blocks of their own with a profiler
};

Measurement measure(const Settings& s) {
  using Clock = std::chrono::steady_clock;
  const models::Architecture& architecture = models::by_name().at(s.model);
  Rng rng{1};
  const data::ImageDataset images = noise(architecture.input, rng);
  Sequential net = architecture.make(rng);
  Adam adam{{.learning_rate = 1e-3}};
  Measurement measured;
  std::optional<Profiler> profiler;
  int steps = 0;
  Clock::time_point start;
  while (true)
    for (const auto& batch : data::batches(images, s.batch_size, rng)) {
      if (batch.size() < s.batch_size) continue;
      Tape tape{Mode::train, rng};
      const Variable loss = softmax_cross_entropy(net(tape.input(batch.input())), batch.target());
      tape.backward(loss, adam);

      if (++steps % block_steps != 0) continue;
      const Clock::time_point now = Clock::now();
      const double seconds = std::chrono::duration<double>(now - start).count();
      if (profiler) {
        using enum Profiler::Phase;
        for (const auto& [name, phase] :
             {std::pair{"data", data}, std::pair{"forward", forward},
              std::pair{"backward", backward}, std::pair{"update", update}})
          measured.milliseconds[name] = 1e3 * profiler->seconds(phase) / block_steps;
        return measured;
      }
      if (steps > block_steps)
        measured.rates.push_back(static_cast<double>(block_steps * s.batch_size) / seconds);
      if (steps >= block_steps + s.steps) profiler.emplace();
      start = Clock::now();
    }
}

}  // namespace

int main(int argc, char** argv) {
  Settings s;
  CLI::App app{"Measures training steps"};
  std::vector<std::string> names;
  for (const auto& [name, model] : models::by_name()) names.push_back(name);
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
  CLI11_PARSE(app, argc, argv);

  const ThreadLimit limit{s.threads};
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
}
