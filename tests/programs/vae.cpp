// SPDX-License-Identifier: MIT
// The variational autoencoder.
#include "../pattern.hpp"
#include "support.hpp"

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

BOOST_AUTO_TEST_CASE(vae_names_bad_options) {
  const std::pair<const char*, std::vector<const char*>> runs[] = {
      {"--model cnn", {"--model"}},
      {"--epochs 0", {"--epochs", "0"}},
      {"--picture nowhere/drawn.png", {"[picture]", "nowhere/drawn.png"}},
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
