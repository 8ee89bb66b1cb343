// SPDX-License-Identifier: MIT
// Trains the same model with several optimizers and writes a report: the article's experiment.
//   compare_optimizers                            six optimizers, 10 epochs each, into ./comparison
//   compare_optimizers --seeds 3 --out three      mean and deviation over three seeds
//   compare_optimizers --resume                   goes on where Ctrl-C or a crash has ended it
//   mpirun -n 4 compare_optimizers --distributed  shares the trainings out among four processes
#include "experiment/experiment.hpp"
#include "experiment/interrupt.hpp"
#include "experiment/options.hpp"
#include "experiment/print.hpp"
#include "experiment/reports.hpp"
#include "experiment/shared_jobs.hpp"
#include "experiment/table.hpp"
#include "report/formats.hpp"
#include "report/report.hpp"
#include "report/statistics.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <optional>

namespace fs = std::filesystem;
using namespace xtape;
using experiment::Settings;

namespace {

// The article's five, and the momentum that it discusses.
const std::vector<std::string> the_six = {"adadelta", "adagrad", "adam",
                                          "rmsprop",  "sgd",     "momentum"};

struct Options {
  Settings training;
  experiment::DataSettings data;
  std::vector<std::string> optimizers{"all"};
  std::size_t seeds = 1, threads = thread_count();
  std::string out = "comparison", events;
  bool distributed = false, resume = false, quiet = false;
};

void add_options(CLI::App& app, Options& o) {
  auto names = experiment::optimizers();
  names.emplace_back("all");
  app.add_option("--optimizers", o.optimizers,
                 "Which, separated by commas; all: " + fmt::format("{}", fmt::join(the_six, ", ")))
      ->delimiter(',')
      ->check(CLI::IsMember(names))
      ->default_str("all");
  experiment::add_model_option(app, o.training);
  experiment::add_common_options(app, o.training, o.data);
  app.add_option("--seeds", o.seeds, "Runs per optimizer, with seeds 1, 2, ...")
      ->transform(experiment::whole(1, 1000))
      ->capture_default_str();
  app.add_option("--out", o.out, "Directory for report.html, results.csv and results.json")
      ->capture_default_str();
  app.add_option("--tensorboard", o.events, "Directory for TensorBoard's event files");
  experiment::add_precision_option(app, o.training.precision);
  experiment::add_threads_option(app, o.threads);
  app.add_flag(
      "--distributed", o.distributed,
      "Share the runs out among all processes that `mpirun` has started, each with --threads");
  app.add_flag("--resume", o.resume, "Go on with what is in --out");
  app.add_flag("--quiet", o.quiet, "Print nothing but the table at the end");
}

// What the article measured, on other machines and with Keras.
void add_references(report::Results& results, const Options& o, const data::Split& data) {
  const Settings standard;
  if (o.training.model != standard.model || o.training.preset != standard.preset ||
      o.training.epochs != standard.epochs || o.training.batch_size != standard.batch_size ||
      o.data.dataset != "mnist" || o.data.limit != 0 || data.train.synthetic())
    return;
  results.reference_source = "the article, with Keras on another machine";
  results.references = {{"adam", 0.9893, 0.0351, 625},
                        {"rmsprop", 0.9887, 0.0348, 609},
                        {"sgd", 0.9679, 0.1050, 528}};
}

class Comparison {
 public:
  // Of several ranks the first knows what is there and what is to be done.
  Comparison(Options options, const std::string& command, distributed::World& world)
      : options_{std::move(options)},
        world_{world},
        claim_{world.first() ? std::optional{claim_folder(options_)} : std::nullopt},
        data_{experiment::load(*options_.training.catalogue, options_.data)} {
    if (world.first()) begin(command);
    if (!world.alone())
      results_ =
          report::from_json(world.gather(world.first() ? report::to_json(results_) : "").front());
  }

  /// Whether all runs were done.
  bool run() {
    if (world_.first()) report::write(options_.out, results_);  // fails now, not after an epoch
    fs::create_directories(checkpoint_folder());
    experiment::Table table{world_.first() && !options_.quiet ? stdout : nullptr, results_};
    if (world_.alone())
      train_all(table);
    else
      share_out(table);
    if (world_.first()) finish(table);
    world_.barrier();  // until then checkpoints are all that there may be
    const bool done = std::ranges::all_of(results_.runs, &report::Run::complete);
    if (done) remove_checkpoints();
    return done;
  }

  /// The runs whose loss is no longer finite, separated by commas.
  std::string diverged() const {
    std::string names;
    for (const report::Run& run : results_.runs)
      if (report::state(run) == report::State::diverged)
        names += (names.empty() ? "" : ", ") + name_of(run);
    return names;
  }

  /// What repeats or resumes it.
  const std::string& command() const { return results_.command; }

 private:
  // Fails now rather than after data was downloaded.
  static report::Claim claim_folder(const Options& o) {
    report::Claim claim{o.out};
    if (!o.resume && fs::exists(fs::path{o.out} / "results.json"))
      throw ValueError(Op::nowhere("out"), o.out + " has results already",
                       "--resume goes on with them; else choose another directory");
    return claim;
  }
  void begin(const std::string& command) {
    results_.title = "Optimizers compared on " + data_.train.name();
    experiment::describe(results_, options_.training, data_, options_.threads);
    add_references(results_, options_, data_);
    plan();
    if (options_.resume) take_over();
    results_.command = command_for_all(command);
    describe_rates();
  }
  void finish(experiment::Table& table) {
    if (options_.quiet)
      experiment::Table{stdout, results_}.finish();
    else
      table.finish();
    report::write(options_.out, results_);
  }
  // What does all runs, those that an earlier process was asked for, too.
  std::string command_for_all(const std::string& program) const {
    std::vector<std::string> names;
    std::uint64_t seeds = 1;
    for (const report::Run& run : results_.runs) {
      if (std::ranges::find(names, run.optimizer) == names.end()) names.push_back(run.optimizer);
      seeds = std::max(seeds, run.seed);
    }
    const Settings& s = options_.training;
    const std::string joined = fmt::format("{}", fmt::join(names, ","));
    const std::string epochs = std::to_string(s.epochs), batch = std::to_string(s.batch_size),
                      last_seed = std::to_string(seeds),
                      limit = std::to_string(options_.data.limit);
    std::vector<const char*> words = {
        program.c_str(), "--optimizers",    joined.c_str(),
        "--seeds",       last_seed.c_str(), "--model",
        s.model.c_str(), "--preset",        s.preset.c_str(),
        "--epochs",      epochs.c_str(),    "--batch-size",
        batch.c_str(),   "--dataset",       options_.data.dataset.c_str()};
    if (!options_.data.directory.empty())
      words.insert(words.end(), {"--data", options_.data.directory.c_str()});
    if (options_.data.limit > 0) words.insert(words.end(), {"--limit", limit.c_str()});
    words.insert(words.end(), {"--out", options_.out.c_str()});
    return experiment::command_line(static_cast<int>(words.size()), words.data());
  }
  void describe_rates() {
    std::string& rates = results_.settings["learning rates"];
    for (const report::Run& run : results_.runs)
      if (run.seed == results_.runs.front().seed)
        rates +=
            fmt::format("{}{} {}", rates.empty() ? "" : ", ", run.optimizer, run.learning_rate);
  }

  // A run for each optimizer and seed, all optimizers before the next seed.
  void plan() {
    std::vector<std::string> names;
    for (const std::string& name : options_.optimizers)
      for (const std::string& each : name == "all" ? the_six : std::vector<std::string>{name})
        if (std::ranges::find(names, each) == names.end()) names.push_back(each);
    for (std::uint64_t seed = 1; seed <= options_.seeds; ++seed)
      for (const std::string& name : names) {
        Settings s = options_.training;
        s.optimizer = name;
        const auto optimizer = experiment::make_optimizer(s);
        results_.runs.push_back(
            {.optimizer = name, .seed = seed, .learning_rate = optimizer->learning_rate()});
      }
  }

  // The runs that an earlier process has done.
  void take_over() {
    const fs::path file = fs::path{options_.out} / "results.json";
    if (!fs::exists(file)) {
      experiment::print(stderr, "compare_optimizers: there is no {}: it begins anew\n",
                        file.string());
      return;
    }
    const report::Results earlier = report::read(options_.out);
    if (earlier.epochs != results_.epochs)
      throw ValueError(
          Op::nowhere("resume"),
          fmt::format("{} is of {} epochs, not {}", options_.out, earlier.epochs, results_.epochs));
    for (const auto& [name, value] : results_.settings)
      if (const auto was = earlier.settings.find(name);
          name != "threads" && (was == earlier.settings.end() || was->second != value))
        throw ValueError(Op::nowhere("resume"),
                         fmt::format("{} has the {} {}, not {}", options_.out, name,
                                     was == earlier.settings.end() ? "?" : was->second, value));
    // Its runs come first, done or not, asked for again or not.
    std::vector<report::Run> runs = earlier.runs;
    for (const report::Run& run : results_.runs)
      if (std::ranges::none_of(runs, [&](const report::Run& known) {
            return known.optimizer == run.optimizer && known.seed == run.seed;
          }))
        runs.push_back(run);
    results_.runs = std::move(runs);
  }

  void train_all(experiment::Table& table) {
    for (report::Run& run : results_.runs) {
      if (run.complete) continue;
      train(
          run, [&](const report::Run& now) { update(run, now, table); },
          [&](const StepReport& report) {
            table.step(run, report);
            return true;
          });
      if (experiment::interrupted()) break;
    }
  }
  void share_out(experiment::Table& table) {
    std::vector<report::Run*> open;
    for (report::Run& run : results_.runs)
      if (!run.complete) open.push_back(&run);
    report::Results of_one = results_;
    of_one.runs.clear();
    experiment::SharedJobs jobs{world_};
    const auto tell = [&](const report::Run& now) {
      report::Results told = of_one;
      told.runs = {now};
      jobs.tell(report::to_json(told));
    };
    jobs.run(
        open.size(),
        [&](std::size_t job) {
          train(*open[job], tell, [&](const StepReport&) { return !jobs.stopped(); });
        },
        [&](std::size_t job, const std::string& news) {
          update(*open[job], report::from_json(news).runs.front(), table);
        });
  }
  void update(report::Run& run, const report::Run& now, experiment::Table& table) {
    run = now;
    if (world_.first()) experiment::write_report("compare_optimizers", options_.out, results_);
    table.epoch(run);
  }

  void train(report::Run run, const experiment::Watcher& watch, const StepCallback& on_step) const {
    Settings s = options_.training;
    const std::string name = name_of(run);
    s.optimizer = run.optimizer;
    s.seed = run.seed;
    s.checkpoint = checkpoint_of(run);
    s.resume = options_.resume;
    if (!s.resume) fs::remove(s.checkpoint);
    if (!options_.events.empty()) s.events = fs::path{options_.events} / name;
    const auto keep = [&](const report::Run& now) { watch(run = now); };
    try {
      const auto outcome = experiment::train(s, data_, nullptr, keep, on_step);
      if (const std::string& error = outcome.history.checkpoint_error; !error.empty())
        experiment::print(stderr, "compare_optimizers: {}: {}\n", name, error);
    } catch (const NumericsError& error) {  // the loss is no longer finite: the others go on
      experiment::print(stderr, "compare_optimizers: {}: {}\n", name, error.what());
      experiment::mark_diverged(run);
      watch(run);
    }
  }

  static std::string name_of(const report::Run& run) {
    return fmt::format("{}-{}", run.optimizer, run.seed);
  }
  fs::path checkpoint_folder() const { return fs::path{options_.out} / "checkpoints"; }
  fs::path checkpoint_of(const report::Run& run) const {
    return checkpoint_folder() / (name_of(run) + ".safetensors");
  }
  // Only what is ours.
  void remove_checkpoints() const {
    for (const report::Run& run : results_.runs) fs::remove(checkpoint_of(run));
    std::error_code not_empty;
    fs::remove(checkpoint_folder(), not_empty);
  }

  Options options_;
  distributed::World& world_;
  std::optional<report::Claim> claim_;  // of options_.out
  data::Split data_;
  report::Results results_;
};

int run(const Options& options, const std::string& program) {
  const ThreadLimit threads{options.threads};
  distributed::World world{{.join = options.distributed}};
  if (!options.events.empty()) fs::create_directories(options.events);
  Comparison comparison{options, program, world};
  experiment::catch_interrupts();
  const bool done = comparison.run();
  const std::string diverged = comparison.diverged();
  int status = diverged.empty() ? 0 : 1;
  if (!done) status = experiment::interrupted() ? experiment::interrupted_status() : 1;
  if (!world.first()) return status;
  experiment::print(stdout, "{}\n", (fs::path{options.out} / "report.html").string());
  if (!done)
    experiment::print(stdout, "interrupted; to go on: {}{} --resume\n", comparison.command(),
                      options.distributed ? " --distributed" : "");
  else if (!diverged.empty())
    experiment::print(stderr, "compare_optimizers: the loss is no longer finite: {}\n", diverged);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Trains the same model with several optimizers and writes a report"};
  add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options, argv[0]);
  } catch (const std::exception& error) {
    experiment::print(stderr, "compare_optimizers: {}\n", error.what());
    return 1;
  }
}
