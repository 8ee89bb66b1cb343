// SPDX-License-Identifier: MIT
// The trainer: its options, its last line, what it saves, and that it learns.
#include "../pattern.hpp"
#include "support.hpp"

#include <xtape/optim/factory.hpp>
#include <xtape/precision.hpp>

#include <nlohmann/json.hpp>

namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(mnist_trainer)

namespace {

const std::string last_line =
    R"(test accuracy (0\.\d{4}|1\.0000) loss (\d+\.\d{4}) seconds \d+\.\d images/s \d+)";

bool is_last_line(const std::string& line) { return test::fits(line, last_line); }

double accuracy(const Outcome& outcome) {
  const auto found = test::search(outcome.out, last_line + "\n$");
  BOOST_REQUIRE_MESSAGE(!found.empty(), "no last line in:\n" + outcome.out + outcome.err);
  return std::stod(found[1]);
}

// The weights that a training saved, as bytes.
std::string weights(const std::string& options) {
  const fs::path file = Workspace::path() / "weights.safetensors";
  fs::remove(file);
  const Outcome outcome =
      train(options + " --epochs 1 --quiet --save \"$WORK/weights.safetensors\"");
  BOOST_REQUIRE_MESSAGE(outcome.status == 0, options + ": " + outcome.err);
  return read_file(file);
}

}  // namespace

BOOST_AUTO_TEST_CASE(help_lists_each_option_and_its_default) {
  const Outcome outcome = train("--help");
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.err == "");
  const std::pair<const char*, const char*> options[] = {{"--model", "=cnn"},
                                                         {"--optimizer", "=adam"},
                                                         {"--preset", "=keras"},
                                                         {"--learning-rate", "[the preset's]"},
                                                         {"--epochs", "=10"},
                                                         {"--batch-size", "=64"},
                                                         {"--dataset", "=mnist"},
                                                         {"--data", "XTAPE_DATA"},
                                                         {"--limit", "[all]"},
                                                         {"--seed", "=1"},
                                                         {"--precision", "=float"},
                                                         {"--threads", "="},
                                                         {"--save", "file"},
                                                         {"--onnx", "onnxruntime"},
                                                         {"--profile", "trace"},
                                                         {"--schedule", "=constant"},
                                                         {"--warmup-epochs", "=0"},
                                                         {"--checkpoint", "go on"},
                                                         {"--checkpoint-every", "steps"},
                                                         {"--resume", "--checkpoint"},
                                                         {"--report", "report.html"},
                                                         {"--tensorboard", "TensorBoard"},
                                                         {"--check-numerics", "NaN"},
                                                         {"--summary", "layers"},
                                                         {"--quiet", ""}};
  for (const auto& [option, standard] : options) {
    const std::size_t begin = outcome.out.find(std::string{"\n  "} + option + " ");
    BOOST_REQUIRE_MESSAGE(begin != std::string::npos, option << " is not in\n" << outcome.out);
    const std::string entry =
        outcome.out.substr(begin, outcome.out.find("\n  --", begin + 1) - begin);
    // CLI11 writes defaults as =10, and from 2.4 on as [10].
    std::string newer = standard;
    if (newer.starts_with('=')) newer = '[' + newer.substr(1) + (newer == "=" ? "" : "]");
    BOOST_TEST((contains(entry, standard) || contains(entry, newer)),
               standard << " is not in" << entry);
  }
  for (const char* const name : {"cnn", "lenet5", "mlp", "torch", "paper"})
    BOOST_TEST(contains(outcome.out, name), name << " is not in the help");
  for (const xtape::NamedOptimizer& named : xtape::named_optimizers())
    BOOST_TEST(contains(outcome.out, std::string{named.name}), named.name << " is not in the help");
}

BOOST_AUTO_TEST_CASE(a_report_and_events_are_written_while_it_trains) {
  const Outcome outcome = train(
      "--model lenet5 --limit 640 --epochs 2 --report page --tensorboard events --schedule cosine"
      " --warmup-epochs 0.5 --check-numerics");
  BOOST_TEST(outcome.status == 0, outcome.err);
  const std::string page = read_file(Workspace::path() / "page/report.html");
  BOOST_TEST(contains(page, "lenet5 on "));
  BOOST_TEST(contains(page, "data:image/png;base64,"));
  BOOST_TEST(lines(read_file(Workspace::path() / "page/results.csv")).size() == 1u + 2);
  const auto results = nlohmann::json::parse(read_file(Workspace::path() / "page/results.json"));
  const auto& run = results.at("runs").at(0);
  BOOST_TEST(run.at("complete").get<bool>());
  // Steps 1 to 10 of each epoch: half of the first rises, and the last of all is nearly 0.
  const auto rate = [&](std::size_t epoch) {
    return run.at("epochs").at(epoch).at("learning_rate").get<double>();
  };
  BOOST_TEST((rate(0) < 1e-3 && rate(0) > 5e-4));
  BOOST_TEST((rate(1) < 2e-5 && rate(1) > 0));
  std::size_t events = 0;
  for (const auto& entry : fs::directory_iterator{Workspace::path() / "events"})
    events += entry.path().filename().string().starts_with("events.out.tfevents.");
  BOOST_TEST(events == 1u);
}

BOOST_AUTO_TEST_CASE(the_layers_are_printed) {
  const Outcome outcome = train("--model lenet5 --summary");
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(contains(outcome.out, "conv2d"));
  BOOST_TEST(contains(outcome.out, "61,706"));
}

BOOST_AUTO_TEST_CASE(bad_options_are_named) {
  fs::create_directory(Workspace::path() / "damaged");
  for (const auto& entry : fs::directory_iterator{Workspace::path() / "digits"})
    fs::copy(entry, Workspace::path() / "damaged" / entry.path().filename());
  fs::resize_file(Workspace::path() / "damaged" / "train-images-idx3-ubyte", 1'000'000);

  const std::pair<const char*, std::vector<const char*>> runs[] = {
      {"--epoch 1", {"--epoch"}},
      {"mlp", {"mlp"}},
      {"--model vgg", {"--model", "vgg", "lenet5"}},
      {"--optimizer adamm", {"--optimizer", "adamm", "rmsprop"}},
      {"--preset tf", {"--preset", "tf", "keras"}},
      {"--dataset cifar", {"--dataset", "cifar", "fashion-mnist"}},
      {"--schedule linear", {"--schedule", "linear", "cosine"}},
      {"--warmup-epochs 1", {"[schedule]", "constant has no warm-up"}},
      {"--resume", {"--resume", "--checkpoint"}},
      {"--checkpoint-every 5", {"--checkpoint-every", "--checkpoint"}},
      {"--checkpoint /nowhere/run", {"/nowhere/run"}},
      {"--epochs 0", {"--epochs", "0"}},
      {"--epochs ten", {"--epochs", "ten"}},
      {"--batch-size 0", {"--batch-size", "0"}},
      {"--batch-size 1.5", {"--batch-size", "1.5"}},
      {"--threads 0", {"--threads", "0"}},
      {"--precision half", {"--precision", "half", "bf16"}},
      {"--learning-rate -1", {"--learning-rate", "-1"}},
      {"--learning-rate fast", {"--learning-rate", "fast"}},
      {"--learning-rate nan", {"--learning-rate", "nan"}},
      {"--seed one", {"--seed", "one"}},
      {"--seed -1", {"--seed", "-1"}},
      {"--limit -3", {"--limit", "-3"}},
      {"--save", {"--save"}},
      {"--limit 5000", {"5000", "4096"}},
      {"--data \"$WORK/nowhere\"", {"[mnist]", "nowhere", "MNIST"}},
      {"--data \"$WORK/damaged\"", {"damaged/train-images-idx3-ubyte", "cut short"}},
      {"--save \"$WORK/nowhere/weights\"", {"[save]", "nowhere/weights"}},
      {"--onnx \"$WORK/nowhere/net\"", {"[export_onnx]", "nowhere/net"}},
      {"--profile \"$WORK/nowhere/trace\"", {"[profiler]", "nowhere/trace"}},
      {"--save \"$WORK\"", {"[save]", "it is not a regular file"}},
      {"--optimizer sgd --learning-rate 1e30", {"[fit]", "loss", "learning rate"}}};
  for (const auto& [options, parts] : runs) {
    const Outcome outcome = train("--model mlp --quiet " + std::string{options});
    BOOST_TEST((outcome.status > 0 && outcome.status < 128), options << ": " << outcome.status);
    BOOST_TEST(outcome.out == "", options);
    for (const char* const part : parts)
      BOOST_TEST(contains(outcome.err, part), options << ": no " << part << " in " << outcome.err);
  }
}

// The only step is from weights that are finite to some that are not: the evaluation shows it.
BOOST_AUTO_TEST_CASE(a_last_step_that_diverges_saves_nothing) {
  const std::string options =
      "--model mlp --limit 64 --batch-size 64 --epochs 1 --optimizer sgd --save kept.st ";
  BOOST_REQUIRE(train(options).status == 0);
  const std::string good = read_file(Workspace::path() / "kept.st");
  const Outcome outcome =
      train(options + "--learning-rate 1e30 --checkpoint kept.run --report kept");
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(contains(outcome.err, "mnist: [fit] "), outcome.err);
  BOOST_TEST(contains(outcome.err, "learning rate"), outcome.err);
  BOOST_TEST(!contains(outcome.out, "test accuracy"), outcome.out);
  BOOST_TEST((read_file(Workspace::path() / "kept.st") == good));
  const auto results = nlohmann::json::parse(read_file(Workspace::path() / "kept/results.json"));
  BOOST_TEST(results.at("runs").at(0).at("epochs").at(0).at("test_loss") == "nan");
  const Outcome refused = train("--data /nowhere --report kept");
  BOOST_TEST(refused.status == 1);
  BOOST_TEST(contains(refused.err, "kept has results already"), refused.err);
}

BOOST_AUTO_TEST_CASE(a_profile_is_a_table_and_a_trace) {
  const Outcome outcome = train("--epochs 1 --limit 640 --profile \"$WORK/trace.json\"");
  BOOST_TEST(outcome.status == 0);
  for (const std::string row : {"conv2d +forward +14 ", "conv2d +backward +20 ",
                                "dense +forward +28 ", "adam +update +10 ", "batches +data "})
    BOOST_TEST(test::has(outcome.out, "\n" + row), row << " in " << outcome.out);
  const std::string trace = read_file(Workspace::path() / "trace.json");
  BOOST_TEST(trace.starts_with(R"({"traceEvents":[{"name":")"));
  BOOST_TEST(trace.ends_with("}"));
}

BOOST_AUTO_TEST_CASE(quiet_prints_one_line) {
  const Outcome outcome = train("--model lenet5 --epochs 1 --limit 640 --quiet");
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.err == "");
  const auto printed = lines(outcome.out);
  BOOST_REQUIRE(printed.size() == 1u);
  BOOST_TEST(is_last_line(printed[0]), printed[0]);
}

BOOST_AUTO_TEST_CASE(a_log_has_a_line_per_epoch) {
  const Outcome outcome = train("--model mlp --epochs 2 --limit 650 --optimizer sgd");
  BOOST_TEST(outcome.status == 0);
  const auto printed = lines(outcome.out);
  BOOST_REQUIRE(printed.size() == 4u);
  BOOST_TEST(contains(printed[0], "mlp, 235146 parameters, sgd with learning rate 0.01; "));
  BOOST_TEST(contains(printed[0], "digits"));
  BOOST_TEST(printed[1].starts_with("epoch 1/2  train loss "));
  BOOST_TEST(printed[2].starts_with("epoch 2/2  train loss "));
  BOOST_TEST(is_last_line(printed[3]), printed[3]);
  BOOST_TEST(!contains(outcome.out, "\r"));
}

BOOST_AUTO_TEST_CASE(a_terminal_has_a_progress_bar) {
  if (run("command -v script").status != 0) {
    BOOST_TEST_MESSAGE("there is no program called script to make a terminal with");
    return;
  }
  const Outcome outcome =
      run("TERM=xterm script -qec '\"$BIN/mnist\" --model mlp --epochs 1 --limit 640' /dev/null");
  BOOST_TEST(outcome.status == 0);
  const std::string bar = R"(\r\x1b\[Kepoch 1/1 \[=* *\] \d+ samples/s, \d+:\d\d left)";
  BOOST_TEST(test::has(outcome.out, bar), outcome.out);
  std::string last = lines(outcome.out).back();
  last.erase(last.find_last_not_of('\r') + 1);
  BOOST_TEST(is_last_line(last), last);
}

BOOST_AUTO_TEST_CASE(the_model_is_exported) {
  const Outcome outcome = train("--model mlp --limit 64 --epochs 1 --quiet --onnx net.onnx");
  BOOST_REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
  const std::string file = read_file(Workspace::path() / "net.onnx");
  for (const char* const name : {"Gemm", "1.weight", "3.bias"})
    BOOST_TEST(contains(file, name), name);
}

BOOST_AUTO_TEST_CASE(the_same_run_saves_the_same_bytes) {
  for (const std::string model : {"cnn", "lenet5", "mlp"}) {
    const std::string options = "--limit 330 --batch-size 100 --model " + model;  // the last has 30
    const std::string first = weights(options + " --threads 1");
    BOOST_TEST(first.size() > 200'000u);
    BOOST_TEST((weights(options + " --threads 1") == first), model << " differs from run to run");
    BOOST_TEST((weights(options + " --threads 2") == first), model << " depends on the threads");
    BOOST_TEST((weights(options + " --threads 2 --seed 2") != first), model << " ignores the seed");
  }
}

BOOST_AUTO_TEST_CASE(half_precision_is_for_machines_that_have_it) {
  const std::string options = "--model mlp --limit 330 --batch-size 100";
  const std::string full = weights(options);
  const bool same = weights(options + " --precision bf16") == full;
  BOOST_TEST(same == xtape::bf16_unit().empty());
  const Outcome outcome = train(options + " --precision bf16 --epochs 1 --quiet");
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(contains(outcome.err, "computed in float") == xtape::bf16_unit().empty());
}

// Seeds 1 to 20 gave 0.893 to 0.930.
BOOST_AUTO_TEST_CASE(the_mlp_learns_digits) {
  const Outcome outcome = train("--model mlp --optimizer adam --epochs 2 --quiet");
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(accuracy(outcome) > 0.88);
}

BOOST_AUTO_TEST_CASE(each_optimizer_and_preset_runs) {
  for (const xtape::NamedOptimizer& named : xtape::named_optimizers())
    for (const xtape::Preset preset : named.presets) {
      const std::string chosen =
          std::string{named.name} + " --preset " + std::string{xtape::to_string(preset)};
      const Outcome outcome =
          train("--model mlp --epochs 1 --limit 640 --quiet --optimizer " + chosen);
      BOOST_TEST(outcome.status == 0, chosen << ": " << outcome.err);
      BOOST_TEST(accuracy(outcome) > 0, chosen);
    }
}

BOOST_AUTO_TEST_CASE(made_up_digits_stand_in_with_a_notice) {
  const Outcome outcome =
      run("XTAPE_DATA= \"$BIN/mnist\" --model mlp --epochs 1 --limit 1280 --quiet");
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(contains(outcome.err, "Made-up digits stand in"), outcome.err);
  BOOST_TEST(lines(outcome.out).size() == 1u);
  BOOST_TEST(accuracy(outcome) > 0.6);
}

// Each mirror is asked, the one that cannot be listened in on at first.
BOOST_AUTO_TEST_CASE(a_mirror_with_https_is_asked_first) {
  for (const std::string dataset : {"mnist", "fashion-mnist"}) {
    const Outcome outcome =
        run("XTAPE_DATA= \"$BIN/mnist\" --model mlp --epochs 1 --limit 64 --dataset " + dataset);
    BOOST_TEST(outcome.status == 0);
    if (contains(outcome.err, "libcurl")) return;  // it cannot download
    const std::string begin = "the download failed: ";
    const std::size_t first = outcome.err.find(begin) + begin.size();
    BOOST_TEST(outcome.err.substr(first, 8) == "https://", outcome.err);
    BOOST_TEST(contains(outcome.err.substr(first + 8), "; http"), outcome.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()
