// SPDX-License-Identifier: MIT
#include "training.hpp"

#include "../experiment/interrupt.hpp"
#include "../experiment/print.hpp"
#include "../experiment/reports.hpp"

#include <charconv>
#include <cmath>
#include <optional>

using namespace xtape;

namespace text {
namespace {

constexpr double test_share = 0.1;

// All but the last tenth, or that.
std::vector<std::int32_t> part(const std::vector<std::int32_t>& ids, bool last) {
  const auto size = static_cast<double>(ids.size());
  const auto cut = ids.begin() + std::lround((1 - test_share) * size);
  return last ? std::vector(cut, ids.end()) : std::vector(ids.begin(), cut);
}

data::TextDataset dataset(const std::vector<std::int32_t>& ids, const Settings& s, bool last) {
  std::vector<std::int32_t> some = part(ids, last);
  if (some.size() <= s.context)
    throw ValueError(
        Op::nowhere("text"),
        fmt::format("the text has {} characters, {} of them {}: expected more than "
                    "the context, {}",
                    ids.size(), some.size(), last ? "to test on" : "to learn from", s.context),
        "choose a longer text or a shorter --context");
  if (last) return data::TextDataset{std::move(some), {.context = s.context}};
  if (s.steps % static_cast<std::size_t>(s.common.epochs) != 0)
    throw ValueError(Op::nowhere("text"),
                     fmt::format("{} steps are no whole number for each of {} epochs", s.steps,
                                 s.common.epochs));
  return data::TextDataset{
      std::move(some), {.context = s.context, .draws = s.steps_of_epoch() * s.common.batch_size}};
}

// That of matrices, which decay, tables too, or that of vectors, which do not. PyTorch's AdamW is as nanoGPT has it.
std::unique_ptr<Optimizer> make_optimizer(experiment::Settings s, const Schedule& schedule,
                                          bool matrices) {
  if (!matrices) s.weight_decay = 0;
  auto optimizer = experiment::make_optimizer(s);
  if (s.optimizer == "adamw" && s.preset == "torch") {
    AdamW::Options options = AdamW::torch();
    options.beta2 = 0.99;
    options.weight_decay = s.weight_decay.value_or(options.weight_decay);
    optimizer = std::make_unique<AdamW>(options);
  }
  optimizer->set_schedule(schedule);
  return optimizer;
}

Only<Optimizer&> for_some(Writer& writer, bool matrices, Optimizer& optimizer) {
  return only(parameters(writer,
                         [matrices](const NamedParameter& p) {
                           return (p.parameter->shape().size() > 1) == matrices;
                         }),
              optimizer);
}

// A sample of a report is a character.
report::Run to_report(const History& history, const Settings& s, const Schedule& schedule) {
  report::Run run = begun(s);
  for (const EpochReport& e : history.epochs) {
    run.epochs.push_back(experiment::to_report(
        e, schedule(static_cast<std::uint64_t>(e.epoch) * s.steps_of_epoch())));
    run.epochs.back().images_per_second *= static_cast<double>(s.context);
  }
  run.complete = history.epochs.size() >= static_cast<std::size_t>(s.common.epochs);
  return run;
}

}  // namespace

report::Run begun(const Settings& s) {
  return {
      .optimizer = s.common.optimizer, .seed = s.common.seed, .learning_rate = s.learning_rate()};
}

Corpus::Corpus(const std::string& text, const Settings& s)
    : vocabulary{text},
      train{dataset(vocabulary.encode(text), s, false)},
      test{dataset(vocabulary.encode(text), s, true)} {}

Writer make_writer(const std::string& name, const data::Vocabulary& vocabulary, std::size_t context,
                   Rng& rng) {
  return {models::text_models().at(name)(vocabulary.size(), context, rng), vocabulary, name,
          context};
}

std::map<std::string, std::string> settings_of(const Writer& writer) {
  return {{"model", writer.name},
          {"vocabulary", writer.vocabulary.characters()},
          {"context", std::to_string(writer.context)}};
}

Writer load_writer(const std::string& path) {
  const auto settings = load_settings(path);
  const auto setting = [&](const char* name) {
    const auto found = settings.find(name);
    if (found == settings.end() || found->second.empty())
      throw DataError(Op::nowhere("load"), fmt::format("{} does not tell its {}", path, name),
                      "was it written by text --save or --checkpoint?");
    return found->second;
  };
  const std::string name = setting("model"), context = setting("context");
  std::size_t length = 0;
  const auto [end, error] =
      std::from_chars(context.data(), context.data() + context.size(), length);
  if (!models::text_models().contains(name) || error != std::errc{} || length == 0 ||
      end != context.data() + context.size())
    throw DataError(Op::nowhere("load"),
                    fmt::format("{} is of the model {} with a context of {}", path, name, context));
  Rng rng{1};
  Writer writer = make_writer(name, data::Vocabulary{setting("vocabulary")}, length, rng);
  load(path, writer);
  return writer;
}

History train(const Settings& s, const Corpus& corpus, Writer& writer, Rng& rng, std::FILE* log,
              const experiment::Watcher& watch) {
  const experiment::Settings& common = s.common;
  const Schedule schedule = cosine_decay({.learning_rate = s.learning_rate(),
                                          .steps = s.steps,
                                          .warmup_steps = s.rising_steps(),
                                          .final_rate = s.last_rate()});
  const auto of_matrices = make_optimizer(common, schedule, true),
             of_vectors = make_optimizer(common, schedule, false);
  const Task task = classification(*writer.model);
  std::optional<NumericsCheck> check;
  if (common.check_numerics) check.emplace(parameters(writer));
  const auto show = [&](const History& history) {
    if (watch) watch(to_report(history, s, schedule));
  };
  bool shown = false;
  FitOptions options{.epochs = common.epochs,
                     .batch_size = common.batch_size,
                     .test_batch_size = 64,
                     .prefetch = common.prefetch,
                     .log = log};
  options.checkpoint = {.path = common.checkpoint,
                        .every_steps = common.checkpoint_every,
                        .resume = common.resume,
                        .settings = settings_of(writer)};
  options.checkpoint.settings.insert(
      {{"characters", std::to_string(corpus.train.ids().size())},
       {"seed", std::to_string(common.seed)},
       {"optimizer",
        fmt::format("{} as {}, {} to {} in {} steps after {}, decay {}, norm {}", common.optimizer,
                    common.preset, s.learning_rate(), s.last_rate(), s.steps, s.rising_steps(),
                    common.weight_decay ? fmt::format("{}", *common.weight_decay) : "the preset's",
                    s.clip_norm)}});
  options.world = common.world;
  options.shards = common.shards;
  options.on_step = [](const StepReport&) { return !experiment::interrupted(); };
  if (!common.events.empty()) options.on_epoch.push_back(event_log(common.events));
  options.on_epoch.emplace_back([&](const History& history) {
    show(history);
    shown = true;
    return true;
  });
  History history = fit(task, corpus.train, corpus.test, options, rng, ClipNorm{s.clip_norm},
                        for_some(writer, true, *of_matrices), for_some(writer, false, *of_vectors));
  if (!shown && !history.interrupted) show(history);  // it was done already
  return history;
}

}  // namespace text
