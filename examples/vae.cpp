// SPDX-License-Identifier: MIT
// A variational autoencoder (Kingma and Welling, "Auto-encoding variational Bayes", 2014) on MNIST: it learns to say an
// image by a normal distribution of 20 numbers, and to draw an image by such numbers.
//   vae --help                                  all options
//   vae --epochs 10 --picture digits.png        images, what became of them, and below some that it makes up
//   vae --report run                            run/report.html, with that picture as it becomes better
//   vae --onnx decoder.onnx                     what draws, for onnxruntime: of (N, 20) numbers from N(0, 1) images
// The last line is for other programs: test loss 105.9201 seconds 104.4 images/s 6137
// The loss is the negative evidence lower bound of an image, in nats: pixels are probabilities.
#include "experiment/print.hpp"
#include "experiment/program.hpp"
#include "experiment/reports.hpp"
#include "report/report.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cmath>

using namespace xtape;

namespace {

constexpr std::size_t side = 28, pixels = side * side, hidden = 400, codes = 20;

struct Autoencoder {
  explicit Autoencoder(Rng& rng)
      : encoder{flatten, Dense{{.in = pixels, .out = hidden, .activation = Activation::relu}, rng},
                Dense{{.in = hidden, .out = 2 * codes}, rng}},
        decoder{Dense{{.in = codes, .out = hidden, .activation = Activation::relu}, rng},
                Dense{{.in = hidden, .out = pixels}, rng}} {}
  void parameters(ParameterList& list) { list("encoder", encoder), list("decoder", decoder); }

  Sequential encoder;  // images to means and logarithms of variances
  Sequential decoder;  // numbers to logits of pixels
};

// From numbers (N, codes) to images, as probabilities of their pixels.
struct Drawer {
  Variable operator()(const Variable& z) const {
    return reshape(sigmoid(model.decoder(z)), {-1, side, side, 1});
  }
  void parameters(ParameterList& list) const { list("decoder", model.decoder); }

  Autoencoder& model;
};

// Beside images the noise of their codes: from the generator of the batch, so that a training that is resumed, and each
// evaluation, sees the same.
data::Batch add_noise(data::Batch batch, Rng& rng) {
  batch.inputs.emplace_back(rng.normal({batch.size(), codes}));
  return batch;
}

StepResult step(Autoencoder& model, Tape& tape, const data::Batch& batch) {
  const Variable images = tape.input(batch.inputs[0]), noise = tape.input(batch.inputs[1]);
  const auto code = split(model.encoder(images), {.parts = 2, .axis = -1});
  const Variable &mean = code[0], &log_variance = code[1], x = flatten(images);
  const Variable logits = model.decoder(mean + exp(0.5 * log_variance) * noise);
  const auto n = static_cast<Scalar>(batch.size());
  const Variable reconstruction = sum(softplus(logits) - x * logits) / n;
  const Variable divergence =
      sum(exp(log_variance) + square(mean) - log_variance - 1) * (Scalar{0.5} / n);
  return {reconstruction + divergence, {reconstruction, divergence}};
}

// The mean of one of the step's outputs, which are means over the batch.
Metric mean_of(std::string name, std::size_t output) {
  return {.name = std::move(name), .sum = [output](const StepResult& s, const data::Batch& batch) {
            return static_cast<double>(s.outputs[output].item()) *
                   static_cast<double>(batch.size());
          }};
}

// Rows of images, from probabilities of their pixels.
class Sheet {
 public:
  explicit Sheet(std::size_t columns) : columns_{columns} {}

  void add(const Array& images) {
    for (std::size_t i = 0; i < images.size() / pixels; ++i, ++count_) {
      const std::size_t row = count_ / columns_ * side, column = count_ % columns_ * side;
      bytes_.resize((row + side) * columns_ * side);
      for (std::size_t p = 0; p < pixels; ++p)
        bytes_[(row + p / side) * columns_ * side + column + p % side] =
            static_cast<std::uint8_t>(std::lround(255 * images.data()[i * pixels + p]));
    }
  }
  report::Image image() const {
    return {bytes_.size() / (columns_ * side), columns_ * side, 1, bytes_};
  }

 private:
  std::size_t columns_, count_ = 0;
  std::vector<std::uint8_t> bytes_;
};

// Some images, below each what it becomes by the mean of its code, and rows of made-up ones.
report::Image drawn(Autoencoder& model, const data::ImageDataset& images) {
  constexpr std::size_t columns = 16, rows = 8;
  Sheet sheet{columns};
  const data::ImageDataset shown = images.first(std::min(columns, images.size()));
  const auto again = [&](const Variable& x) {
    return Drawer{model}(split(model.encoder(x), {.parts = 2, .axis = -1})[0]);
  };
  sheet.add(predict(flatten, shown));
  sheet.add(predict(again, shown));
  Rng rng{1};
  sheet.add(predict(Drawer{model}, rng.normal({(rows - 2) * columns, codes})));
  return sheet.image();
}

struct Options {
  experiment::Program program{.name = "vae",
                              .purpose = "Trains a variational autoencoder on MNIST",
                              .training = {.model = "vae", .batch_size = 128}};
  std::string picture = {};
};

report::Results begun(const Options& o, const data::Split& data, std::string command) {
  report::Results results = experiment::begun(o.program, data, std::move(command));
  results.accuracies = false;
  results.loss = "nats";
  return results;
}

int train(const Options& o, std::string command) {
  const experiment::Program& program = o.program;
  experiment::check_paths(program);
  experiment::check_writable("picture", o.picture);
  const auto claim = experiment::claim_report(o.program.report, program.training.resume);
  const ThreadLimit threads{program.threads};
  const data::Split data = experiment::load(*program.training.catalogue, program.data);
  const data::Mapped noisy = data::map(data.train, add_noise),
                     test = data::map(data.test, add_noise);
  Rng rng{program.training.seed};
  Autoencoder model{rng};
  const Task task{.arrays = named_arrays(model),
                  .step = [&](Tape& tape, const data::Batch& b) { return step(model, tape, b); },
                  .metrics = {mean_of("reconstruction", 0), mean_of("divergence", 1)}};
  const experiment::Plan plan{program.training, data.train.size()};
  const experiment::Lesson lesson{.task = task,
                                  .parameters = parameters(model),
                                  .train = noisy,
                                  .test = test,
                                  .model = program.training.model,
                                  .data = data.train.name(),
                                  .source = data.train.source()};
  experiment::Reporter reporter{program.name, o.program.report, begun(o, data, std::move(command))};
  experiment::Session session{program};
  const History history = reporter.follow([&](const experiment::Watcher& watch) {
    const auto record = [&](const History& past, const UpdateStatistics& updates) {
      report::Run run =
          experiment::to_report(program.training, plan, lesson.parameters, past, updates);
      auto [height, width, channels, shown] = drawn(model, data.test);
      run.pictures = {{"Images of the test set, below each what becomes of it, and made-up ones",
                       height, width, std::move(shown)}};
      watch(run);
    };
    return experiment::fit(program.training, plan, lesson, rng, program.log(),
                           watch ? experiment::EpochWatcher{record} : experiment::EpochWatcher{});
  });
  if (!history.interrupted) reporter.tell(program.log());
  if (!o.picture.empty() && !history.interrupted && program.training.is_first())
    report::write_png(o.picture, drawn(model, data.test));
  return session.finish(history,
                        {.save = [&](const std::string& path) { save(path, model); },
                         .onnx =
                             [&](const std::string& path) {
                               Drawer drawer{model};
                               export_onnx(path, drawer, {codes});
                             }},
                        [&] {
                          return fmt::format("test loss {:.4f} seconds {:.1f} images/s {:.0f}",
                                             history.test().loss,
                                             history.train_seconds() + history.test_seconds(),
                                             history.samples_per_second());
                        });
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  CLI::App app{o.program.purpose};
  experiment::add_program_options(app, o.program);
  experiment::add_onnx_option(app, o.program, "decoder, from 20 numbers to an image,");
  app.add_option("--picture", o.picture, "Write a picture of what it draws to this file (PNG)");
  experiment::add_report_option(app, o.program);
  return experiment::run(app, o.program, argc, argv,
                         [&](std::string command) { return train(o, std::move(command)); });
}
