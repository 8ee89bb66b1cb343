// SPDX-License-Identifier: MIT
#include "classifier.hpp"

#include "print.hpp"
#include "reports.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

using namespace xtape;

namespace experiment {
namespace {

struct Options {
  Program program;
  bool summary = false;
};

void add_options(CLI::App& app, Options& o) {
  Settings& s = o.program.training;
  add_model_option(app, s);
  add_program_options(app, o.program);
  add_onnx_option(app, o.program);
  std::vector<std::string> changes{"none"};
  for (const auto& [name, change] : augmentations()) changes.push_back(name);
  app.add_option("--augment", s.augment, "How images are changed at random, separated by commas")
      ->delimiter(',')
      ->check(CLI::IsMember(changes))
      ->default_str(s.augment.empty() ? "none" : fmt::format("{}", fmt::join(s.augment, ",")));
  app.add_flag("--normalize,!--no-normalize", s.normalize,
               "Bring each channel to mean 0 and deviation 1")
      ->default_str(s.normalize ? "true" : "false");
  add_report_option(app, o.program);
  app.add_flag("--summary", o.summary, "Print the layers of the model, and end");
}

const models::Architecture& architecture_of(const Settings& s) {
  return s.catalogue->models.at(s.model);
}

void print_summary(const Settings& s) {
  Rng rng{s.seed};
  const models::Architecture& architecture = architecture_of(s);
  Sequential net = architecture.make(rng);
  std::cout << summary(net, architecture.input);
}

// For other programs.
std::string last_line(const History& history) {
  return fmt::format("test accuracy {:.4f} loss {:.4f} seconds {:.1f} images/s {:.0f}",
                     history.test()["accuracy"], history.test().loss,
                     history.train_seconds() + history.test_seconds(),
                     history.samples_per_second());
}

int train_and_tell(const Options& o, std::string command) {
  const Program& program = o.program;
  check_paths(program);
  const ThreadLimit threads{program.threads};
  // Fails now rather than after data was downloaded.
  const auto claim = claim_report(o.program.report, program.training.resume);
  const data::Split data = load(*program.training.catalogue, program.data);
  Reporter reporter{program.name, o.program.report, begun(program, data, std::move(command))};
  Session session{program};
  auto [net, history] = reporter.follow(
      [&](const Watcher& watch) { return train(program.training, data, program.log(), watch); });
  if (!history.interrupted) reporter.tell(program.log());
  return session.finish(history,
                        {.save = [&model = net](const std::string& path) { save(path, model); },
                         .onnx = [&model = net, &image = architecture_of(program.training).input](
                                     const std::string& path) { export_onnx(path, model, image); }},
                        [&past = history] { return last_line(past); });
}

}  // namespace

int run_classifier(Program program, int argc, char** argv) {
  Options o{std::move(program)};
  CLI::App app{o.program.purpose};
  add_options(app, o);
  return run(app, o.program, argc, argv, [&](const std::string& command) {
    std::erase(o.program.training.augment, "none");
    if (!o.summary) return train_and_tell(o, command);
    print_summary(o.program.training);
    return 0;
  });
}

}  // namespace experiment
