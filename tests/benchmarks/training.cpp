// SPDX-License-Identifier: MIT
// How fast a model trains, through the public API alone. Random images: the speed does not depend on
// what they show.
//   training --model cnn --threads 2 --steps 300
// prints `xtape cnn threads 2 images/s 9804 blocks 9790 9804 ...`: the median over blocks of 50 steps,
// after 50 steps that are not counted, and each block.
#include <models/models.hpp>
#include <xtape/xtape.hpp>

#include <CLI/CLI.hpp>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

using namespace xtape;

namespace {

constexpr int block_steps = 50;

struct Settings {
  std::string model = "cnn";
  std::size_t batch_size = 64, threads = thread_count();
  int steps = 300;
};

// As many images as MNIST has.
data::ImageDataset noise(Rng& rng) {
  data::ImageData data{.name = "noise"};
  data.labels.resize(60000);
  for (std::int32_t& label : data.labels) label = static_cast<std::int32_t>(rng.below(10));
  data.pixels.resize(data.labels.size() * data.height * data.width);
  for (std::uint8_t& pixel : data.pixels) pixel = static_cast<std::uint8_t>(rng());
  return data::ImageDataset{std::move(data)};
}

// Images per second of each block.
std::vector<double> measure(const Settings& s) {
  using Clock = std::chrono::steady_clock;
  Rng rng{1};
  const data::ImageDataset images = noise(rng);
  Sequential net = models::by_name().at(s.model).make(rng);
  Adam adam{{.learning_rate = 1e-3}};
  std::vector<double> rates;
  int steps = 0;
  Clock::time_point start;
  while (true)
    for (const auto& batch : data::batches(images, s.batch_size, rng)) {
      if (batch.labels.size() < s.batch_size) continue;
      Tape tape{Mode::train, rng};
      const Variable loss = softmax_cross_entropy(net(tape.input(batch.images)), batch.labels);
      tape.backward(loss, adam);

      if (++steps % block_steps != 0) continue;
      const Clock::time_point now = Clock::now();
      const double seconds = std::chrono::duration<double>(now - start).count();
      if (steps > block_steps)
        rates.push_back(static_cast<double>(block_steps * s.batch_size) / seconds);
      if (steps >= block_steps + s.steps) return rates;
      start = now;
    }
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
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
  const std::vector<double> rates = measure(s);
  fmt::print("xtape {} threads {} images/s {:.0f} blocks {:.0f}\n", s.model, s.threads,
             median(rates), fmt::join(rates, " "));
}
