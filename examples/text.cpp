// SPDX-License-Identifier: MIT
// Trains a model to write text, character by character, and lets it write.
//   text --help                                       all options
//   text --text shakespeare.txt --save net.st         nanoGPT's small setting, in a minute or so
//   text --text shakespeare.txt --generate 500        and what it writes then
//   text --load net.st --generate 500 --temperature 1 writing alone
// The last line is for other programs: validation loss 1.8731 seconds 95.2 tokens/s 52100
#include "experiment/interrupt.hpp"
#include "experiment/options.hpp"
#include "experiment/print.hpp"
#include "experiment/reports.hpp"
#include "report/report.hpp"
#include "text/training.hpp"
#include "text/writing.hpp"

#include <fmt/format.h>

#include <filesystem>

using namespace xtape;

namespace {

struct Options {
  text::Settings training;
  text::Writing writing;
  std::size_t threads = thread_count();
  std::string text, load, save, report, profile;
  bool summary = false, quiet = false;
};

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : models::text_models()) names.push_back(name);
  return names;
}

void add_model_options(CLI::App& app, text::Settings& s) {
  const auto count = [&](const char* name, auto& option, const char* what, std::uint64_t most) {
    app.add_option(name, option, what)
        ->transform(experiment::whole(1, most))
        ->capture_default_str();
  };
  const auto number = [&](const char* name, double& option, const char* what) {
    app.add_option(name, option, what)->transform(experiment::number())->capture_default_str();
  };
  app.add_option("--model", s.model, "Architecture")
      ->check(CLI::IsMember(model_names()))
      ->capture_default_str();
  count("--context", s.context, "Characters in a window", 1'000'000);
  count("--batch-size", s.batch_size, "Windows per step", 1'000'000);
  count("--steps", s.steps, "Steps of the training", 1'000'000'000);
  count("--epochs", s.epochs, "Parts of the steps, after each of which it is evaluated", 1'000'000);
  number("--learning-rate", s.learning_rate, "Learning rate after the warm-up");
  number("--final-rate", s.final_rate, "Learning rate at the end");
  app.add_option("--warmup-steps", s.warmup_steps, "Steps in which the learning rate rises")
      ->transform(experiment::whole())
      ->capture_default_str();
  number("--weight-decay", s.weight_decay, "AdamW's, of matrices");
  number("--clip-norm", s.clip_norm, "The most that the norm of all gradients may be");
}

void add_options(CLI::App& app, Options& o) {
  text::Settings& s = o.training;
  const auto file = app.add_option("--text", o.text, "The text to learn from [made-up sentences]");
  add_model_options(app, s);
  app.add_option("--seed", s.seed, "Seed of weights, windows and what is written")
      ->transform(experiment::whole())
      ->capture_default_str();
  experiment::add_threads_option(app, o.threads);
  app.add_option("--generate", o.writing.length, "Write so many characters at the end")
      ->transform(experiment::whole(1, 1'000'000'000));
  app.add_option("--temperature", o.writing.temperature,
                 "How freely it writes; 0: the likeliest character each time")
      ->transform(experiment::number())
      ->capture_default_str();
  app.add_option("--prompt", o.writing.prompt, "What it writes on from [a new line]");
  app.add_option("--save", o.save, "Write the weights to this file (safetensors)");
  const auto load = app.add_option(
      "--load", o.load, "Write with the weights of --save or --checkpoint, without a training");
  load->needs("--generate");
  load->excludes(file);
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
  app.add_flag("--summary", o.summary, "Print the parameters of the model, and end");
  app.add_flag("--quiet", o.quiet, "Print the last line only, and what is written");
}

std::string read(const Options& o) {
  if (!o.text.empty()) return data::read_text(o.text);
  experiment::print(stderr, "text: there is no --text FILE. Made-up sentences stand in.\n");
  return text::made_up();
}

void print_summary(text::Writer& writer) {
  for (const auto& [name, parameter] : parameters(writer))
    experiment::print(stdout, "{:<32} {:<16} {}\n", name, to_string(parameter->shape()),
                      parameter->size());
  experiment::print(stdout, "{} parameters\n", parameter_count(writer));
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

report::Results describe(const Options& o, const text::Corpus& corpus, std::string command) {
  const text::Settings& s = o.training;
  const std::string name =
      o.text.empty() ? "made-up sentences" : std::filesystem::path{o.text}.filename().string();
  report::Results results{.title = fmt::format("{} on {}", s.model, name),
                          .command = std::move(command),
                          .runs = {text::begun(s)}};
  results.settings = {{"model", s.model},
                      {"text", name},
                      {"characters to learn from", std::to_string(corpus.train.ids().size())},
                      {"context", std::to_string(s.context)},
                      {"batch size", std::to_string(s.batch_size)},
                      {"steps", std::to_string(s.steps)},
                      {"learning rate", fmt::format("{} to {}", s.learning_rate, s.final_rate)},
                      {"threads", std::to_string(o.threads)}};
  results.versions = {{"xtape", version()}, {"compiler", fmt::format("g++ {}", __VERSION__)}};
  results.titles = {{"adamw", "AdamW"}};
  results.epochs = static_cast<std::size_t>(s.epochs);
  results.test_samples = corpus.validation.size() * s.context;
  return results;
}

// What a report shows of a model that writes, more freely each time.
std::vector<report::Text> texts(text::Writer& writer, const Options& o) {
  std::vector<report::Text> all;
  for (const double temperature : {0.5, 0.8, 1.0})
    all.push_back({fmt::format("temperature {}", temperature),
                   text::write(writer, {.length = 400,
                                        .temperature = temperature,
                                        .seed = o.training.seed,
                                        .prompt = o.writing.prompt})});
  return all;
}

void write_text(text::Writer& writer, const Options& o) {
  text::Writing how = o.writing;
  how.seed = o.training.seed;
  if (how.length > 0) experiment::print(stdout, "{}\n", text::write(writer, how));
}

int finish(const Options& o, text::Writer& writer, const History& history) {
  if (!history.checkpoint_error.empty())
    experiment::print(stderr, "text: {}\n", history.checkpoint_error);
  if (history.interrupted) {
    if (o.training.checkpoint.empty())
      experiment::print(stderr, "text: interrupted; with --checkpoint it could be gone on with\n");
    else if (history.checkpoint_error.empty())
      experiment::print(stderr, "text: interrupted; --resume goes on from {}\n",
                        o.training.checkpoint);
    return experiment::interrupted_status();
  }
  write_text(writer, o);
  if (!o.report.empty() && !o.quiet)
    experiment::print(stdout, "{}\n", (std::filesystem::path{o.report} / "report.html").string());
  experiment::print(stdout, "validation loss {:.4f} seconds {:.1f} tokens/s {:.0f}\n",
                    history.test().loss, history.train_seconds() + history.test_seconds(),
                    history.samples_per_second() * static_cast<double>(o.training.context));
  return history.checkpoint_error.empty() ? 0 : 1;
}

int train(const Options& o, std::string command) {
  const text::Settings& s = o.training;
  const text::Corpus corpus{read(o), s};
  Rng rng{s.seed};
  text::Writer writer = text::make_writer(s.model, corpus.vocabulary, s.context, rng);
  if (o.summary) {
    print_summary(writer);
    return 0;
  }
  experiment::check_writable("save", o.save);
  experiment::check_writable("profiler", o.profile);
  experiment::check_writable("checkpoint", s.checkpoint);
  const auto claim = claim_report(o);
  std::optional<Profiler> profiler;
  if (!o.profile.empty()) profiler.emplace();
  report::Results results = describe(o, corpus, std::move(command));
  const auto watch = [&](const report::Run& run) {
    if (o.report.empty()) return;
    results.runs = {run};
    results.runs.front().texts = texts(writer, o);
    experiment::write_report("text", o.report, results);
  };
  if (!o.report.empty()) report::write(o.report, results);  // fails now rather than after an epoch
  if (!o.quiet)
    experiment::print(stdout, "{}, {} parameters, {} characters of {} kinds to learn from\n",
                      s.model, parameter_count(writer), corpus.train.ids().size(),
                      corpus.vocabulary.size());
  experiment::catch_interrupts();
  const auto learn = [&] {
    try {
      return text::train(s, corpus, writer, rng, o.quiet ? nullptr : stdout, watch);
    } catch (const NumericsError&) {
      if (!o.report.empty()) {
        experiment::mark_diverged(results.runs.front());
        experiment::write_report("text", o.report, results);
      }
      throw;
    }
  };
  const History history = learn();
  if (!o.save.empty() && !history.interrupted)
    save(o.save, writer, {.settings = text::settings_of(writer)});
  if (profiler) {
    profiler->write_trace(o.profile);
    if (!o.quiet) profiler->print(stdout);
  }
  return finish(o, writer, history);
}

int run(const Options& o, std::string command) {
  const ThreadLimit threads{o.threads};
  if (o.load.empty()) return train(o, std::move(command));
  text::Writer writer = text::load_writer(o.load);
  write_text(writer, o);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Trains a model to write text"};
  add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options, experiment::command_line(argc, argv));
  } catch (const std::exception& error) {
    experiment::print(stderr, "text: {}\n", error.what());
    return 1;
  }
}
