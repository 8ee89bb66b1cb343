// SPDX-License-Identifier: MIT
#include "classifier.hpp"

#include "../report/report.hpp"
#include "print.hpp"
#include "reports.hpp"

#include <filesystem>
#include <iostream>

using namespace xtape;

namespace experiment {
namespace {

struct Options {
  Program program;
  std::string report = {};
  bool summary = false;
};

void add_options(CLI::App& app, Options& o) {
  Settings& s = o.program.training;
  add_model_option(app, s);
  add_program_options(app, o.program);
  std::vector<std::string> changes{"none"};
  for (const auto& [name, change] : augmentations()) changes.push_back(name);
  app.add_option("--augment", s.augment, "How images are changed at random, separated by commas")
      ->delimiter(',')
      ->check(CLI::IsMember(changes))
      ->default_str(s.augment.empty() ? "none" : fmt::format("{}", fmt::join(s.augment, ",")));
  app.add_flag("--normalize,!--no-normalize", s.normalize,
               "Bring each channel to mean 0 and deviation 1")
      ->default_str(s.normalize ? "true" : "false");
  app.add_option("--report", o.report, "Write report.html and results to this directory");
  app.add_flag("--summary", o.summary, "Print the layers of the model, and end");
}

void print_summary(const Settings& s) {
  Rng rng{s.seed};
  const models::Architecture& architecture = s.catalogue->models.at(s.model);
  Sequential net = architecture.make(rng);
  std::cout << summary(net, architecture.input);
}

// The right to write the report, if there is to be one.
std::optional<report::Claim> claim_report(const Options& o) {
  if (o.report.empty()) return {};
  report::Claim claim{o.report};
  if (!o.program.training.resume &&
      std::filesystem::exists(std::filesystem::path{o.report} / "results.json"))
    throw ValueError(Op::nowhere("report"), o.report + " has results already",
                     "choose another directory, or remove it");
  return claim;
}

// Writes the report of a training. Where that cannot be done in the end, the training goes on.
class Reporter {
 public:
  Reporter(const Options& o, const data::Split& data, std::string command)
      : program_{o.program.name},
        directory_{o.report},
        results_{.title = fmt::format("{} on {}", o.program.training.model, data.train.name()),
                 .command = std::move(command)} {
    if (directory_.empty()) return;
    const Settings& s = o.program.training;
    describe(results_, s, data, o.program.threads);
    const auto optimizer = make_optimizer(s);
    results_.settings["learning rate"] = fmt::format("{}", optimizer->learning_rate());
    results_.runs = {
        {.optimizer = s.optimizer, .seed = s.seed, .learning_rate = optimizer->learning_rate()}};
    report::write(directory_, results_);  // fails now rather than after an epoch
  }

  Watcher watcher() {
    if (directory_.empty()) return {};
    return [this](const report::Run& run) {
      results_.runs = {run};
      write();
    };
  }
  /// The last epoch is one whose loss is not finite.
  void diverged() {
    if (directory_.empty()) return;
    mark_diverged(results_.runs.front());
    write();
  }

 private:
  void write() const { write_report(program_.c_str(), directory_, results_); }

  std::string program_, directory_;
  report::Results results_;
};

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
  const auto claim = claim_report(o);  // fails now rather than after data was downloaded
  const data::Split data = load(*program.training.catalogue, program.data);
  Reporter reporter{o, data, std::move(command)};
  Session session{program};
  const auto trained = [&] {
    try {
      return train(program.training, data, program.log(), reporter.watcher());
    } catch (const NumericsError&) {
      reporter.diverged();
      throw;
    }
  };
  auto [net, history] = trained();
  if (!o.report.empty() && !program.quiet && !history.interrupted)
    print(stdout, "{}\n", (std::filesystem::path{o.report} / "report.html").string());
  return session.finish(
      history, [&model = net](const std::string& path) { save(path, model); },
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
