// SPDX-License-Identifier: MIT
// The variational autoencoder.
#include "../pattern.hpp"
#include "support.hpp"

#include <report.hpp>

#include <cmath>

namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(vae_trainer)

namespace {

Outcome train_vae(const std::string& options) { return run("\"$BIN/vae\" " + options); }

double loss_of(const Outcome& outcome) {
  const auto found =
      test::search(outcome.out, R"(test loss (\d+\.\d{4}) seconds \d+\.\d images/s \d+)"
                                "\n$");
  BOOST_REQUIRE_MESSAGE(!found.empty(), "no last line in:\n" + outcome.out + outcome.err);
  return std::stod(found[1]);
}

// A number of a PNG's header, big-endian.
unsigned number_at(const std::string& png, std::size_t at) {
  unsigned value = 0;
  for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(png[i]);
  return value;
}

}  // namespace

// Pixels that are all as likely as not, without a code, are 784 log 2 = 543 nats.
BOOST_AUTO_TEST_CASE(vae_learns_and_draws) {
  const Outcome outcome = train_vae("--epochs 3 --picture drawn.png");
  BOOST_TEST(outcome.status == 0, outcome.err);
  BOOST_TEST(loss_of(outcome) < 250);
  BOOST_TEST(contains(outcome.out, "test loss "), outcome.out);
  const std::string png = read_file(Workspace::path() / "drawn.png");
  BOOST_TEST(png.starts_with("\x89PNG\r\n"));
  BOOST_TEST(number_at(png, 16) == 16u * 28);
  BOOST_TEST(number_at(png, 20) == 8u * 28);
}

BOOST_AUTO_TEST_CASE(vae_does_not_depend_on_threads_or_what_is_prefetched) {
  const auto drawn = [](const std::string& options) {
    const Outcome outcome =
        train_vae("--epochs 1 --limit 300 --quiet --picture same.png " + options);
    BOOST_REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
    return std::pair{loss_of(outcome), read_file(Workspace::path() / "same.png")};
  };
  const auto first = drawn("--threads 1");
  BOOST_TEST((drawn("--threads 2 --prefetch 0") == first));
  BOOST_TEST((drawn("--threads 2 --prefetch 4") == first));
  BOOST_TEST((drawn("--seed 2") != first));
}

// As any report of a training, but for accuracies; with what is drawn by the weights of the last epoch.
BOOST_AUTO_TEST_CASE(vae_writes_a_report) {
  const std::string options = "--epochs 2 --limit 300 --quiet --report drawn ";
  const Outcome outcome = train_vae(options + "--picture last.png --checkpoint drawn.st");
  BOOST_REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
  const report::Results results = report::read(Workspace::path() / "drawn");
  BOOST_TEST(!results.accuracies);
  BOOST_TEST(results.settings.at("model") == "vae");
  const report::Run& run = results.runs.at(0);
  BOOST_TEST(run.complete);
  BOOST_TEST(run.epochs.size() == 2u);
  BOOST_TEST(std::abs(run.epochs.back().test_loss - loss_of(outcome)) < 5.1e-5);
  BOOST_TEST(std::isnan(run.epochs.back().test_accuracy));
  const report::Picture& picture = run.pictures.at(0);
  const auto png = report::encode_png({picture.height, picture.width, 1, picture.pixels});
  BOOST_TEST((read_file(Workspace::path() / "last.png") == std::string(png.begin(), png.end())));
  const Outcome again = train_vae(options);
  BOOST_TEST(again.status == 1);
  BOOST_TEST(contains(again.err, "drawn has results already"), again.err);
}

// An image by its numbers is what is exported, with the weights of the decoder and no others.
BOOST_AUTO_TEST_CASE(vae_exports_what_draws) {
  const Outcome outcome = train_vae("--epochs 1 --limit 64 --quiet --onnx decoder.onnx");
  BOOST_REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
  const std::string file = read_file(Workspace::path() / "decoder.onnx");
  for (const char* const part : {"decoder.0.weight", "decoder.1.bias", "Sigmoid", "Reshape"})
    BOOST_TEST(contains(file, part), part);
  BOOST_TEST(!contains(file, "encoder"));
  BOOST_TEST(file.size() / 1000 == (20 * 400 + 400 + 400 * 784 + 784) * 4u / 1000);
  BOOST_TEST(contains(train_vae("--help").out, "decoder, from 20 numbers to an image"));
}

BOOST_AUTO_TEST_CASE(vae_names_bad_options) {
  const std::pair<const char*, std::vector<const char*>> runs[] = {
      {"--model cnn", {"--model"}},
      {"--epochs 0", {"--epochs", "0"}},
      {"--picture nowhere/drawn.png", {"[picture]", "nowhere/drawn.png"}},
      {"--onnx nowhere/net", {"[export_onnx]", "nowhere/net"}},
      {"--dataset cifar-10", {"--dataset", "cifar-10", "mnist"}},
      {"--optimizer sgd --learning-rate 1e30", {"[fit]", "learning rate"}}};
  for (const auto& [options, parts] : runs) {
    const Outcome outcome = train_vae("--quiet " + std::string{options});
    BOOST_TEST((outcome.status > 0 && outcome.status < 128), options << ": " << outcome.status);
    BOOST_TEST(outcome.out == "", options);
    for (const char* const part : parts)
      BOOST_TEST(contains(outcome.err, part), options << ": no " << part << " in " << outcome.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()
