// SPDX-License-Identifier: MIT
// Trains a model on MNIST.
//   mnist --help                        all options
//   mnist --model cnn --epochs 10       the article's experiment, about 0.989 with the default Adam
//   mnist --report run                  a page that is brought up to date after each epoch
//   mnist --checkpoint run.safetensors  a file to go on from with --resume, whatever ends the program
// The last line is for other programs: test accuracy 0.9893 loss 0.0351 seconds 61.2 images/s 9804
#include "experiment/experiment.hpp"
#include "experiment/interrupt.hpp"
#include "experiment/options.hpp"
#include "experiment/print.hpp"
#include "experiment/reports.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>

using namespace xtape;
using experiment::Settings;

namespace {

struct Options {
  Settings training;
  experiment::DataSettings data;
  std::size_t threads = thread_count();
  std::string save, report, profile;
  bool summary = false, quiet = false;
};

void add_options(CLI::App& app, Options& o) {
  Settings& s = o.training;
  experiment::add_common_options(app, s, o.data);
  app.add_option("--optimizer", s.optimizer, "Optimizer")
      ->check(CLI::IsMember(experiment::optimizers()))
      ->capture_default_str();
  app.add_option("--learning-rate", s.learning_rate, "Learning rate [the preset's]")
      ->transform(experiment::number());
  app.add_option("--schedule", s.schedule, "How the learning rate changes")
      ->check(CLI::IsMember(experiment::schedule_names()))
      ->capture_default_str();
  app.add_option("--warmup-epochs", s.warmup_epochs, "Epochs in which it rises, for cosine")
      ->transform(experiment::number(1'000'000))
      ->capture_default_str();
  app.add_option("--seed", s.seed, "Seed of weights, order and dropout")
      ->transform(experiment::whole())
      ->capture_default_str();
  experiment::add_threads_option(app, o.threads);
  app.add_option("--save", o.save, "Write the weights to this file (safetensors)");
  const auto checkpoint =
      app.add_option("--checkpoint", s.checkpoint,
                     "Keep what is needed to go on in this file, after each epoch and on Ctrl-C");
  app.add_option("--checkpoint-every", s.checkpoint_every, "And after each so many steps")
      ->transform(experiment::whole())
      ->needs(checkpoint);
  app.add_flag("--resume", s.resume, "Go on from --checkpoint, if it is there")->needs(checkpoint);
  app.add_option("--report", o.report, "Write report.html and results to this directory");
  app.add_option("--tensorboard", s.events, "Write TensorBoard's event files to this directory");
  app.add_option("--profile", o.profile,
                 "Print where the time goes, and write a trace for ui.perfetto.dev to this file");
  app.add_flag("--check-numerics", s.check_numerics, "Find the op that makes a NaN or an infinity");
  app.add_flag("--summary", o.summary, "Print the layers of the model, and end");
  app.add_flag("--quiet", o.quiet, "Print the last line only");
}

void print_summary(const Settings& s) {
  Rng rng{s.seed};
  const models::Architecture& architecture = models::by_name().at(s.model);
  Sequential net = architecture.make(rng);
  std::cout << summary(net, architecture.input);
}

void check_paths(const Options& o) {
  experiment::check_writable("save", o.save);
  experiment::check_writable("profiler", o.profile);
  experiment::check_writable("checkpoint", o.training.checkpoint);
}

// The right to write the report, if there is to be one.
std::optional<report::Claim> claim_report(const Options& o) {
  if (o.report.empty()) return {};
  report::Claim claim{o.report};
  if (!o.training.resume &&
      std::filesystem::exists(std::filesystem::path{o.report} / "results.json"))
    throw ValueError(Op::nowhere("report"), o.report + " has results already",
                     "choose another directory, or remove it");
  return claim;
}

// Writes the report of a training. Where that cannot be done in the end, the training goes on.
class Reporter {
 public:
  Reporter(const Options& o, const data::Split& data, std::string command)
      : directory_{o.report},
        results_{.title = fmt::format("{} on {}", o.training.model, data.train.name()),
                 .command = std::move(command)} {
    if (directory_.empty()) return;
    experiment::describe(results_, o.training, data, o.threads);
    const auto optimizer = experiment::make_optimizer(o.training);
    results_.settings["learning rate"] = fmt::format("{}", optimizer->learning_rate());
    results_.runs = {{.optimizer = o.training.optimizer,
                      .seed = o.training.seed,
                      .learning_rate = optimizer->learning_rate()}};
    report::write(directory_, results_);  // fails now rather than after an epoch
  }

  experiment::Watcher watcher() {
    if (directory_.empty()) return {};
    return [this](const report::Run& run) {
      results_.runs = {run};
      write();
    };
  }
  /// The last epoch is one whose loss is not finite.
  void diverged() {
    if (directory_.empty()) return;
    experiment::mark_diverged(results_.runs.front());
    write();
  }

 private:
  void write() const { experiment::write_report("mnist", directory_, results_); }

  std::string directory_;
  report::Results results_;
};

void print_last_line(const History& history) {
  experiment::print(stdout, "test accuracy {:.4f} loss {:.4f} seconds {:.1f} images/s {:.0f}\n",
                    history.test()["accuracy"], history.test().loss,
                    history.train_seconds() + history.test_seconds(), history.samples_per_second());
}

int run(const Options& o, std::string command) {
  if (o.summary) {
    print_summary(o.training);
    return 0;
  }
  check_paths(o);
  const ThreadLimit threads{o.threads};
  const auto claim = claim_report(o);  // fails now rather than after data was downloaded
  const data::Split data = experiment::load(o.data);
  std::optional<Profiler> profiler;
  if (!o.profile.empty()) profiler.emplace();
  Reporter reporter{o, data, std::move(command)};
  experiment::catch_interrupts();
  const auto train = [&] {
    try {
      return experiment::train(o.training, data, o.quiet ? nullptr : stdout, reporter.watcher());
    } catch (const NumericsError&) {
      reporter.diverged();
      throw;
    }
  };
  auto [net, history] = train();
  if (!o.save.empty() && !history.interrupted) save(o.save, net);
  if (profiler) {
    profiler->write_trace(o.profile);
    if (!o.quiet) profiler->print(stdout);
  }
  if (!history.checkpoint_error.empty())
    experiment::print(stderr, "mnist: {}\n", history.checkpoint_error);
  if (history.interrupted) {
    if (o.training.checkpoint.empty())
      experiment::print(stderr, "mnist: interrupted; with --checkpoint it could be gone on with\n");
    else if (history.checkpoint_error.empty())
      experiment::print(stderr, "mnist: interrupted; --resume goes on from {}\n",
                        o.training.checkpoint);
    return experiment::interrupted_status();
  }
  if (!o.report.empty() && !o.quiet)
    experiment::print(stdout, "{}\n", (std::filesystem::path{o.report} / "report.html").string());
  print_last_line(history);
  return history.checkpoint_error.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Trains a model on MNIST"};
  add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options, experiment::command_line(argc, argv));
  } catch (const std::exception& error) {
    experiment::print(stderr, "mnist: {}\n", error.what());
    return 1;
  }
}
