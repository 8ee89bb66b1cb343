// SPDX-License-Identifier: MIT
// The trainer of text: that it learns and writes, what it keeps, and what it refuses.
#include "../pattern.hpp"
#include "support.hpp"

#include <fstream>

namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(text_trainer)

namespace {

const std::string last_line = R"(validation loss (\d+\.\d{4}) seconds \d+\.\d tokens/s \d+)";
const std::string small = "--context 16 --batch-size 4 --steps 40 --epochs 2 ";

Outcome text(const std::string& options) { return run("\"$BIN/text\" " + options); }

fs::path in_work(const std::string& name) { return Workspace::path() / name; }

std::string write_file(const std::string& name, const std::string& content) {
  std::ofstream{in_work(name)} << content;
  return name;
}

double loss(const Outcome& outcome) {
  const auto found = test::search(outcome.out, last_line + "\n$");
  BOOST_REQUIRE_MESSAGE(!found.empty(), "no last line in:\n" + outcome.out + outcome.err);
  return std::stod(found[1]);
}

}  // namespace

// Of 24 kinds of characters a guess would have a loss of 3.2; by how often each comes up alone, 2.8.
BOOST_AUTO_TEST_CASE(it_learns_made_up_sentences_with_a_notice) {
  for (const std::string model : {"lstm", "transformer"}) {
    const Outcome outcome =
        text("--model " + model + " --steps 120 --epochs 1 --context 32 --warmup-steps 20");
    BOOST_TEST(outcome.status == 0, outcome.err);
    BOOST_TEST(contains(outcome.err, "Made-up sentences stand in"), outcome.err);
    BOOST_TEST(loss(outcome) < 2.2);
    const auto printed = lines(outcome.out);
    BOOST_REQUIRE(printed.size() == 3u);
    BOOST_TEST(contains(printed[0], model + ", "));
    BOOST_TEST(printed[1].starts_with("epoch 1/1  train loss "));
  }
}

// At the rate of their preset; Lion has no preset torch. A tenth of it is where the schedule ends.
BOOST_AUTO_TEST_CASE(it_learns_with_other_optimizers) {
  for (const auto& [options, rate] :
       {std::pair{"--optimizer adam", "0.001 to 0.0001"},
        {"--optimizer lion --final-rate 1e-5", "0.001 to 1e-05"},
        {"--optimizer nadam --learning-rate 0.002", "0.002 to 0.0002"},
        {"--preset keras --weight-decay 0", "0.001 to 0.0001"}}) {
    fs::remove_all(in_work("other"));
    const Outcome outcome = text(std::string{options} +
                                 " --quiet --report other --steps 120 --epochs 1 --context 32"
                                 " --warmup-steps 20");
    BOOST_TEST(outcome.status == 0, outcome.err);
    BOOST_TEST(loss(outcome) < 2.4, options);
    BOOST_TEST(contains(read_file(in_work("other/report.html")), rate), options);
  }
}

BOOST_AUTO_TEST_CASE(a_training_is_resumed_with_its_optimizer_alone) {
  const std::string sgd = small + "--quiet --checkpoint sgd.st --resume --optimizer momentum ";
  BOOST_TEST(text(sgd).status == 0);
  BOOST_TEST(text(sgd).status == 0);
  for (const std::string other : {"--learning-rate 1", "--weight-decay 1", "--preset keras"}) {
    const Outcome outcome = text(sgd + other);
    BOOST_TEST(outcome.status == 1, other);
    BOOST_TEST(contains(outcome.err, "optimizer"), outcome.err);
  }
}

BOOST_AUTO_TEST_CASE(both_models_are_exported) {
  for (const std::string model : {"lstm", "transformer"}) {
    BOOST_REQUIRE(text(small + "--quiet --save net.st --onnx net.onnx --model " + model).status ==
                  0);
    const std::string file = read_file(Workspace::path() / "net.onnx");
    BOOST_REQUIRE(text("--load net.st --onnx again.onnx").status == 0);
    BOOST_TEST((read_file(Workspace::path() / "again.onnx") == file));
    for (const char* const name : {"Gather", "embedding.weight", "head.weight"})
      BOOST_TEST(contains(file, name), model << " without " << name);
  }
}

BOOST_AUTO_TEST_CASE(what_it_writes_depends_on_the_seed_alone) {
  BOOST_REQUIRE(text(small + "--quiet --save net.st").status == 0);
  const auto written = [](const std::string& options) {
    const Outcome outcome = text("--load net.st --generate 60 " + options);
    BOOST_REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
    BOOST_TEST(outcome.err == "");
    return outcome.out;
  };
  const std::string first = written("--threads 1");
  BOOST_TEST(first.size() == 61u);
  BOOST_TEST(written("--threads 2") == first);
  BOOST_TEST(written("--seed 2") != first);
  BOOST_TEST(written("--prompt 'The miller '") != first);
  BOOST_TEST(written("--temperature 0 --seed 2") == written("--temperature 0 --seed 3"));
  const Outcome trained = text(small + "--quiet --generate 60");
  BOOST_TEST(trained.out.starts_with(first), trained.out);
  for (const std::string& from : {std::string{"--load net.st"}, small}) {  // also before a training
    const Outcome unknown = text(from + " --generate 5 --prompt '#'");
    BOOST_TEST(unknown.status == 1);
    BOOST_TEST(unknown.out == "");
    BOOST_TEST(contains(unknown.err, "--prompt: expected characters of the vocabulary, got \"#\""),
               unknown.err);
  }
}

BOOST_AUTO_TEST_CASE(a_training_that_was_interrupted_ends_with_the_same_bytes) {
  const std::string longer =
      "--quiet --context 16 --batch-size 4 --steps 120 --epochs 2 --warmup-steps 10 ";
  BOOST_REQUIRE(text(longer + "--threads 1 --save whole.st").status == 0);
  const std::string parts =
      longer + "--checkpoint run.st --checkpoint-every 3 --resume --save parts.st";
  for (const std::string signal : {"KILL", "TERM"}) {  // once there is a new checkpoint
    const Outcome outcome =
        run("touch before; \"$BIN/text\" " + parts +
            " & while kill -0 $! && [ ! run.st -nt before ]; do sleep 0.01; done;"
            " kill -" +
            signal + " $!; wait $!");
    BOOST_TEST(outcome.status == (signal == "KILL" ? 137 : 143), outcome.err);
  }
  const Outcome last = text(parts);
  BOOST_REQUIRE_MESSAGE(last.status == 0, last.err);
  BOOST_TEST((read_file(in_work("parts.st")) == read_file(in_work("whole.st"))));
  const Outcome written = text("--load run.st --generate 20");
  BOOST_TEST(written.status == 0, written.err);
  const Outcome other = text(parts + " --seed 7");
  BOOST_TEST(other.status == 1);
  BOOST_TEST(contains(other.err, "seed"), other.err);
}

BOOST_AUTO_TEST_CASE(a_report_shows_what_it_writes) {
  const Outcome outcome = text(small + "--report text-page --tensorboard text-events");
  BOOST_TEST(outcome.status == 0, outcome.err);
  const std::string page = read_file(in_work("text-page/report.html"));
  for (const char* const part : {"lstm on made-up sentences", "What it writes", "temperature 0.8"})
    BOOST_TEST(contains(page, part), part);
  BOOST_TEST(lines(read_file(in_work("text-page/results.csv"))).size() == 1u + 2);
  BOOST_TEST(!fs::is_empty(in_work("text-events")));
}

BOOST_AUTO_TEST_CASE(the_parameters_are_printed) {
  const std::string letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .\n";
  const Outcome outcome =
      text("--summary --context 5 --text " + write_file("letters", letters + letters));
  BOOST_TEST(outcome.status == 0, outcome.err);
  BOOST_TEST(contains(outcome.out, "lstm.weight_hh_l0"));
  BOOST_TEST(contains(outcome.out, "350593 parameters"), outcome.out);  // as PyTorch's
}

BOOST_AUTO_TEST_CASE(bad_options_and_texts_are_named) {
  write_file("empty", "");
  write_file("short", std::string(300, 'a'));
  const std::pair<const char*, std::vector<const char*>> runs[] = {
      {"--text empty", {"empty"}},
      {"--text nowhere", {"nowhere"}},
      {"--text short", {"300 characters", "30 of them to test on", "context, 64"}},
      {"--model gru", {"--model", "gru", "lstm"}},
      {"--steps 100 --epochs 3", {"100 steps", "3 epochs"}},
      {"--steps 0", {"--steps", "0"}},
      {"--steps 50 --epochs 1 --warmup-steps 60", {"warmup"}},
      {"--optimizer nadamw", {"--optimizer", "nadamw", "adamw"}},
      {"--optimizer lion --preset torch", {"lion", "torch", "keras, paper"}},
      {"--context 0", {"--context", "0"}},
      {"--temperature -1", {"--temperature", "-1"}},
      {"--load net.st", {"--load", "--generate"}},
      {"--load nowhere --generate 5", {"nowhere"}},
      {"--load short --generate 5", {"short"}},
      {"--resume", {"--resume", "--checkpoint"}},
      {"--save \"$WORK/nowhere/net\"", {"[save]", "nowhere/net"}},
      {"--onnx \"$WORK/nowhere/net\"", {"[export_onnx]", "nowhere/net"}},
      {"--learning-rate 1e30 --final-rate 1e30 --steps 20 --epochs 1 --warmup-steps 0",
       {"[fit]", "loss", "learning rate"}}};
  for (const auto& [options, parts] : runs) {
    const Outcome outcome = text("--quiet " + std::string{options});
    BOOST_TEST((outcome.status > 0 && outcome.status < 128), options << ": " << outcome.status);
    BOOST_TEST(outcome.out == "", options);
    for (const char* const part : parts)
      BOOST_TEST(contains(outcome.err, part), options << ": no " << part << " in " << outcome.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()
