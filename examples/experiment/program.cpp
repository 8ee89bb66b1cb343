// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "interrupt.hpp"
#include "print.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

using namespace xtape;

namespace experiment {
namespace {

// What is suggested for another optimizer than the one that was chosen.
void forget_suggestions(const CLI::App& app, const Settings& suggested, Settings& s) {
  if (s.optimizer == suggested.optimizer) return;
  if (app.count("--learning-rate") == 0) s.learning_rate.reset();
  if (app.count("--weight-decay") == 0) s.weight_decay.reset();
  if (app.count("--preset") > 0) return;
  const auto chosen = std::ranges::find(named_optimizers(), s.optimizer, &NamedOptimizer::name);
  if (std::ranges::count(chosen->presets, presets().at(s.preset)) == 0) s.preset = "keras";
}

// The others only take part.
void leave_it_to_the_first(Program& program) {
  program.quiet = true;
  program.training.events.clear();
  for (std::string* const file : {&program.save, &program.onnx, &program.profile, &program.report})
    file->clear();
}

}  // namespace

void add_program_options(CLI::App& app, Program& program) {
  add_common_options(app, program.training, program.data);
  add_training_options(app, program.training);
  add_session_options(app, program);
}

void add_session_options(CLI::App& app, Program& program) {
  add_threads_option(app, program.threads);
  app.add_option("--save", program.save, "Write the weights to this file (safetensors)");
  app.add_option("--profile", program.profile,
                 "Print where the time goes, and write a trace for ui.perfetto.dev to this file");
  app.add_flag("--quiet", program.quiet, "Print the last line only");
}

void add_onnx_option(CLI::App& app, Program& program, const std::string& part) {
  app.add_option("--onnx", program.onnx,
                 "Write the " + part + " to this file, for onnxruntime and others");
}

void add_report_option(CLI::App& app, Program& program) {
  app.add_option("--report", program.report, "Write report.html and results to this directory");
}

int run(CLI::App& app, Program& program, int argc, char** argv,
        const std::function<int(const std::string& command)>& body) {
  const Settings suggested = program.training;
  CLI11_PARSE(app, argc, argv);
  try {
    forget_suggestions(app, suggested, program.training);
    std::optional<distributed::World> world;
    if (program.training.distributed) program.training.world = &world.emplace();
    if (!program.training.is_first()) leave_it_to_the_first(program);
    return body(command_line(argc, argv));
  } catch (const std::exception& error) {
    print(stderr, "{}: {}\n", program.name, error.what());
    return 1;
  }
}

report::Results begun(const Program& program, const data::Split& data, std::string command) {
  const Settings& s = program.training;
  report::Results results{.title = fmt::format("{} on {}", s.model, data.train.name()),
                          .command = std::move(command)};
  describe(results, s, data, program.threads);
  const double rate = make_optimizer(s)->learning_rate();
  results.settings["learning rate"] = fmt::format("{}", rate);
  results.runs = {{.optimizer = s.optimizer, .seed = s.seed, .learning_rate = rate}};
  return results;
}

void check_paths(const Program& program) {
  check_writable("save", program.save);
  check_writable("export_onnx", program.onnx);
  check_writable("profiler", program.profile);
  if (program.training.is_first()) check_writable("checkpoint", program.training.checkpoint);
}

Session::Session(const Program& program) : program_{program} {
  if (!program.profile.empty()) profiler_.emplace();
  catch_interrupts();
}

int Session::finish(const History& history, const Writers& write,
                    const std::function<std::string()>& last_line) {
  if (!program_.save.empty() && !history.interrupted) write.save(program_.save);
  if (!program_.onnx.empty() && !history.interrupted) write.onnx(program_.onnx);
  if (profiler_) {
    profiler_->write_trace(program_.profile);
    if (!program_.quiet) profiler_->print(stdout);
  }
  if (!program_.training.is_first()) return history.interrupted ? interrupted_status() : 0;
  if (!history.checkpoint_error.empty())
    print(stderr, "{}: {}\n", program_.name, history.checkpoint_error);
  if (history.interrupted) return interrupted(history);
  print(stdout, "{}\n", last_line());
  return history.checkpoint_error.empty() ? 0 : 1;
}

int Session::interrupted(const History& history) const {
  const std::string& checkpoint = program_.training.checkpoint;
  if (checkpoint.empty())
    print(stderr, "{}: interrupted; with --checkpoint it could be gone on with\n", program_.name);
  else if (history.checkpoint_error.empty())
    print(stderr, "{}: interrupted; --resume goes on from {}\n", program_.name, checkpoint);
  return interrupted_status();
}

}  // namespace experiment
