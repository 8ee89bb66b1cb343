// SPDX-License-Identifier: MIT
// The trainer on CIFAR-10, on made-up pictures in files of its format.
#include "../pattern.hpp"
#include "support.hpp"

#include <nlohmann/json.hpp>

namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(cifar_trainer)

namespace {

const std::string last_line =
    R"(test accuracy (0\.\d{4}|1\.0000) loss (\d+\.\d{4}) seconds \d+\.\d images/s \d+)";

Outcome train_cifar(const std::string& options) {
  return run("\"$BIN/cifar\" --data pictures " + options);
}

std::string weights(const std::string& options) {
  fs::remove(Workspace::path() / "cifar.st");
  const Outcome outcome = train_cifar(options + " --quiet --save cifar.st");
  BOOST_REQUIRE_MESSAGE(outcome.status == 0, options + ": " + outcome.err);
  return read_file(Workspace::path() / "cifar.st");
}

}  // namespace

BOOST_AUTO_TEST_CASE(cifar_tells_what_it_does_unasked) {
  const Outcome outcome = train_cifar("--help");
  BOOST_TEST(outcome.status == 0);
  for (const char* const part :
       {"resnet20", "resnet56", "vgg", "cnn", "nesterov", "Learning rate [0.1]", "0.0005",
        "multi-step", "flip,crop", "--normalize", "--prefetch", "cifar-10"})
    BOOST_TEST(contains(outcome.out, part), part << " is not in the help");
  BOOST_TEST(!contains(outcome.out, "lenet5"));
}

BOOST_AUTO_TEST_CASE(cifar_trains_a_residual_net_and_writes_a_report) {
  const Outcome outcome = train_cifar("--epochs 2 --batch-size 50 --report residual");
  BOOST_TEST(outcome.status == 0, outcome.err);
  BOOST_TEST(contains(outcome.out, "resnet20, 269722 parameters, nesterov with learning rate 0.1"),
             outcome.out);
  BOOST_TEST(test::fits(lines(outcome.out).back(), last_line), outcome.out);
  const auto results =
      nlohmann::json::parse(read_file(Workspace::path() / "residual/results.json"));
  const auto& settings = results.at("settings");
  BOOST_TEST(settings.at("augmentation") == "flip, crop");
  BOOST_TEST(settings.at("weight decay") == "0.0005");
  BOOST_TEST(results.at("classes").at(3) == "cat");
  const auto& mistakes = results.at("runs").at(0).at("mistakes");
  BOOST_REQUIRE(!mistakes.empty());
  BOOST_TEST(mistakes.at(0).at("pixels").size() == 32u * 32 * 3);
  BOOST_TEST(
      contains(read_file(Workspace::path() / "residual/report.html"), "<img width=\"32\" height"));
}

// 400 pictures are too few to know others by; but it learns these.
BOOST_AUTO_TEST_CASE(cifar_learns_pictures) {
  const Outcome outcome = train_cifar(
      "--model cnn --optimizer adam --epochs 10 --batch-size 20 --schedule constant --augment "
      "none");
  BOOST_TEST(outcome.status == 0, outcome.err);
  const auto found = test::search(
      outcome.out, R"(epoch 10/10  train loss \d+\.\d{4} accuracy (0\.\d{4}|1\.0000) )");
  BOOST_REQUIRE_MESSAGE(!found.empty(), outcome.out);
  BOOST_TEST(std::stod(found[1]) > 0.4);  // chance is 0.1
}

BOOST_AUTO_TEST_CASE(cifar_saves_the_same_bytes) {
  const std::string options = "--limit 90 --batch-size 40 --epochs 1";
  const std::string first = weights(options + " --threads 1");
  BOOST_TEST((weights(options + " --threads 2") == first), "it depends on the threads");
  BOOST_TEST((weights(options + " --prefetch 0") == first), "it depends on what is prefetched");
  BOOST_TEST((weights(options + " --prefetch 5") == first), "it depends on what is prefetched");
  for (const char* const change :
       {"--augment none", "--augment crop,flip", "--no-normalize", "--weight-decay 0", "--seed 2",
        "--learning-rate 0.05", "--schedule multi-step", "--optimizer lion"})
    BOOST_TEST((weights(options + " " + change) != first), change << " changes nothing");
}

BOOST_AUTO_TEST_CASE(cifar_names_bad_options) {
  const std::pair<const char*, std::vector<const char*>> runs[] = {
      {"--model lenet5", {"--model", "lenet5", "resnet20"}},
      {"--dataset mnist", {"--dataset", "mnist", "cifar-10"}},
      {"--augment flop", {"--augment", "flop", "cutout"}},
      {"--weight-decay -1", {"--weight-decay", "-1"}},
      {"--prefetch -1", {"--prefetch", "-1"}},
      {"--warmup-epochs 1", {"[schedule]", "one-cycle has no warm-up"}},
      {"--limit 401", {"401", "400"}},
      {"--resume", {"--resume", "--checkpoint"}}};
  const Outcome elsewhere = run("\"$BIN/cifar\" --quiet --data digits");
  BOOST_TEST(elsewhere.status == 1);
  BOOST_TEST(contains(elsewhere.err, "[cifar10]"), elsewhere.err);
  for (const auto& [options, parts] : runs) {
    const Outcome outcome = train_cifar("--quiet " + std::string{options});
    BOOST_TEST((outcome.status > 0 && outcome.status < 128), options << ": " << outcome.status);
    BOOST_TEST(outcome.out == "", options);
    for (const char* const part : parts)
      BOOST_TEST(contains(outcome.err, part), options << ": no " << part << " in " << outcome.err);
  }
}

// A checkpoint goes on with the images that it was made with.
BOOST_AUTO_TEST_CASE(cifar_refuses_a_checkpoint_of_another_augmentation) {
  const std::string options =
      "--model cnn --limit 40 --schedule constant --checkpoint pictures.run --quiet ";
  BOOST_REQUIRE(train_cifar(options + "--epochs 1").status == 0);
  const Outcome refused = train_cifar(options + "--epochs 2 --resume --augment flip");
  BOOST_TEST(refused.status == 1);
  BOOST_TEST(contains(refused.err, "augmentation"), refused.err);
  BOOST_TEST(train_cifar(options + "--epochs 2 --resume").status == 0);
}

BOOST_AUTO_TEST_CASE(made_up_pictures_stand_in_with_a_notice) {
  const Outcome outcome = run(
      "XTAPE_DATA= \"$BIN/cifar\" --model cnn --epochs 1 --limit 100 --schedule constant --quiet");
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(contains(outcome.err, "Made-up pictures stand in"), outcome.err);
  BOOST_TEST(lines(outcome.out).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
