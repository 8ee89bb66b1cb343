// SPDX-License-Identifier: MIT
// Trains a model to write text, character by character, and lets it write.
//   text --help                                       all options
//   text --text shakespeare.txt --save net.st         nanoGPT's small setting, in a minute or so
//   text --text shakespeare.txt --generate 500        and what it writes then
//   text --load net.st --generate 500 --temperature 1 writing alone
// The last line is for other programs: validation loss 1.8731 seconds 95.2 tokens/s 52100
#include "experiment/print.hpp"
#include "experiment/program.hpp"
#include "experiment/reports.hpp"
#include "text/training.hpp"
#include "text/writing.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>

using namespace xtape;

namespace {

struct Options {
  experiment::Program program{.name = "text", .purpose = "Trains a model to write text"};
  text::Settings training;
  text::Writing writing;
  std::string text, load;
  bool summary = false;
};

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : models::text_models()) names.push_back(name);
  return names;
}

void add_model_options(CLI::App& app, text::Settings& s, experiment::Settings& common) {
  const auto count = [&](const char* name, auto& option, const char* what, std::uint64_t most) {
    app.add_option(name, option, what)
        ->transform(experiment::whole(1, most))
        ->capture_default_str();
  };
  app.add_option("--model", s.model, "Architecture")
      ->check(CLI::IsMember(model_names()))
      ->capture_default_str();
  count("--context", s.context, "Characters in a window", 1'000'000);
  count("--batch-size", common.batch_size, "Windows per step", 1'000'000);
  count("--steps", s.steps, "Steps of the training", 1'000'000'000);
  count("--epochs", common.epochs, "Parts of the steps, after each of which it is evaluated",
        1'000'000);
  experiment::add_preset_option(app, common);
  experiment::add_optimizer_options(app, common);
  app.add_option("--final-rate", s.final_rate,
                 "Learning rate at the end [a tenth of that after the warm-up]")
      ->transform(experiment::number());
  app.add_option("--warmup-steps", s.warmup_steps,
                 "Steps in which the learning rate rises [a twentieth of all]")
      ->transform(experiment::whole());
  app.add_option("--clip-norm", s.clip_norm, "The most that the norm of all gradients may be")
      ->transform(experiment::number())
      ->capture_default_str();
}

void add_options(CLI::App& app, Options& o) {
  o.program.training = o.training.common;
  const auto file = app.add_option("--text", o.text, "The text to learn from [made-up sentences]");
  add_model_options(app, o.training, o.program.training);
  experiment::add_run_options(app, o.program.training);
  experiment::add_session_options(app, o.program);
  experiment::add_onnx_option(app, o.program);
  const auto generate =
      app.add_option("--generate", o.writing.length, "Write so many characters at the end")
          ->transform(experiment::whole(1, 1'000'000'000));
  app.add_option("--temperature", o.writing.temperature,
                 "How freely it writes; 0: the likeliest character each time")
      ->transform(experiment::number())
      ->capture_default_str();
  app.add_option("--prompt", o.writing.prompt, "What it writes on from [a new line]")
      ->needs(generate);
  app.add_option("--load", o.load,
                 "Write or export with the weights of --save or --checkpoint, without a training")
      ->excludes(file);
  experiment::add_report_option(app, o.program);
  app.add_flag("--summary", o.summary, "Print the parameters of the model, and end");
}

std::string read(const Options& o) {
  if (!o.text.empty()) return data::read_text(o.text);
  if (o.training.common.is_first())
    experiment::print(stderr, "text: there is no --text FILE. Made-up sentences stand in.\n");
  return text::made_up();
}

void print_summary(text::Writer& writer) {
  for (const auto& [name, parameter] : parameters(writer))
    experiment::print(stdout, "{:<32} {:<16} {}\n", name, to_string(parameter->shape()),
                      parameter->size());
  experiment::print(stdout, "{} parameters\n", parameter_count(writer));
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
                      {"batch size", std::to_string(s.common.batch_size)},
                      {"steps", std::to_string(s.steps)},
                      {"preset", s.common.preset},
                      {"learning rate", fmt::format("{} to {}", s.learning_rate(), s.last_rate())},
                      {"threads", std::to_string(o.program.threads)}};
  if (s.common.precision != "float") results.settings["precision"] = s.common.precision;
  results.versions = {{"xtape", version()}, {"compiler", fmt::format("g++ {}", __VERSION__)}};
  for (const NamedOptimizer& named : named_optimizers())
    results.titles.emplace(named.name, named.title);
  results.epochs = static_cast<std::size_t>(s.common.epochs);
  results.test_samples = corpus.test.size() * s.context;
  return results;
}

// What a report shows of a model that writes, more freely each time.
std::vector<report::Text> texts(text::Writer& writer, const Options& o) {
  std::vector<report::Text> all;
  for (const double temperature : {0.5, 0.8, 1.0})
    all.push_back({fmt::format("temperature {}", temperature),
                   text::write(writer, {.length = 400,
                                        .temperature = temperature,
                                        .seed = o.training.common.seed,
                                        .prompt = o.writing.prompt})});
  return all;
}

void write_text(text::Writer& writer, const Options& o) {
  text::Writing how = o.writing;
  how.seed = o.training.common.seed;
  if (how.length > 0) experiment::print(stdout, "{}\n", text::write(writer, how));
}

// For other programs.
std::string last_line(const History& history, std::size_t context) {
  return fmt::format("validation loss {:.4f} seconds {:.1f} tokens/s {:.0f}", history.test().loss,
                     history.train_seconds() + history.test_seconds(),
                     history.samples_per_second() * static_cast<double>(context));
}

History learn(const Options& o, const text::Corpus& corpus, text::Writer& writer, Rng& rng,
              std::string command) {
  const text::Settings& s = o.training;
  experiment::Reporter reporter{"text", o.program.report, describe(o, corpus, std::move(command))};
  if (std::FILE* const log = o.program.log()) {
    experiment::print(log, "{}, {} parameters, {} characters of {} kinds to learn from\n", s.model,
                      parameter_count(writer), corpus.train.ids().size(), corpus.vocabulary.size());
    std::fflush(log);
  }
  History history = reporter.follow([&](const experiment::Watcher& watch) {
    const auto with_texts = [&](report::Run run) {
      run.texts = texts(writer, o);
      watch(run);
    };
    return text::train(s, corpus, writer, rng, o.program.log(),
                       watch ? experiment::Watcher{with_texts} : experiment::Watcher{});
  });
  if (!history.interrupted) reporter.tell(o.program.log());
  return history;
}

void write_onnx(const std::string& path, const text::Writer& writer) {
  export_onnx(path, *writer.model, {writer.context});
}

int train(const Options& o, std::string command) {
  const text::Settings& s = o.training;
  const text::Corpus corpus{read(o), s};
  Rng rng{s.common.seed};
  text::Writer writer = text::make_writer(s.model, corpus.vocabulary, s.context, rng);
  if (o.summary) {
    print_summary(writer);
    return 0;
  }
  text::check_prompt(writer, o.writing.prompt);
  experiment::check_paths(o.program);
  const auto claim = experiment::claim_report(o.program.report, s.common.resume);
  experiment::Session session{o.program};
  const History history = learn(o, corpus, writer, rng, std::move(command));
  if (!history.interrupted && s.common.is_first()) write_text(writer, o);
  return session.finish(history,
                        {.save =
                             [&](const std::string& path) {
                               save(path, writer, {.settings = text::settings_of(writer)});
                             },
                         .onnx = [&](const std::string& path) { write_onnx(path, writer); }},
                        [&] { return last_line(history, s.context); });
}

int run(Options& o, const std::string& command) {
  const ThreadLimit threads{o.program.threads};
  o.training.common = o.program.training;
  if (o.load.empty()) return train(o, command);
  if (o.writing.length == 0 && o.program.onnx.empty())
    throw ValueError(Op::nowhere("load"), "--load needs --generate or --onnx");
  experiment::check_paths(o.program);
  text::Writer writer = text::load_writer(o.load);
  write_text(writer, o);
  if (!o.program.onnx.empty()) write_onnx(o.program.onnx, writer);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{options.program.purpose};
  add_options(app, options);
  return experiment::run(app, options.program, argc, argv,
                         [&](const std::string& command) { return run(options, command); });
}
