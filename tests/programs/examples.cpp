// SPDX-License-Identifier: MIT
// The examples: one concept each, at most 60 lines, and what they print is right; and the one command to know.
#include "../pattern.hpp"
#include "support.hpp"

#include <paths.hpp>

#include <cmath>

BOOST_AUTO_TEST_SUITE(example_programs)

namespace {

// The numbers at the capture groups of `pattern` in the program's output.
std::vector<double> numbers(const Outcome& outcome, const std::string& pattern) {
  const auto found = test::search(outcome.out, pattern);
  BOOST_REQUIRE_MESSAGE(!found.empty(), "expected " + pattern + " in:\n" + outcome.out);
  std::vector<double> all;
  for (std::size_t i = 1; i < found.size(); ++i) all.push_back(std::stod(found[i]));
  return all;
}

const std::string number = "(-?[0-9.]+(?:e[+-][0-9]+)?)";

}  // namespace

BOOST_AUTO_TEST_CASE(examples_are_short) {
  for (const char* const name :
       {"quickstart/quickstart", "custom_op", "custom_loop", "custom_layer", "custom_buffer",
        "custom_optimizer", "autoencoder", "fit_arrays", "gan", "two_heads"}) {
    const std::string path = std::string{XTAPE_EXAMPLES} + "/" + name + ".cpp";
    const std::size_t count = lines(read_file(path)).size();
    BOOST_TEST((count > 5 && count <= 60), name << " has " << count << " lines");
  }
  for (const char* const name : {"newton", "poisson", "wgan"}) {
    const std::size_t count =
        lines(read_file(std::string{XTAPE_EXAMPLES} + "/" + name + ".cpp")).size();
    BOOST_TEST((count > 5 && count <= 80), name << " has " << count << " lines");
  }
}

// What the README shows is a passage of the example.
BOOST_AUTO_TEST_CASE(the_readme_shows_the_quickstart) {
  const auto without_spaces = [](std::string text) {
    std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
    return text;
  };
  const std::string readme = read_file(std::string{XTAPE_EXAMPLES} + "/../README.md");
  const std::size_t begin = readme.find("```cpp\n") + 7, end = readme.find("```", begin);
  const std::string code = without_spaces(readme.substr(begin, end - begin));
  BOOST_TEST(code.size() > 300u);
  const std::string example = read_file(std::string{XTAPE_EXAMPLES} + "/quickstart/quickstart.cpp");
  BOOST_TEST(contains(without_spaces(example), code));
}

// What ./dev cannot do it says before it installs or builds anything.
BOOST_AUTO_TEST_CASE(the_one_command_tells_what_it_can_do) {
  const std::string dev = std::string{"\""} + XTAPE_EXAMPLES + "/../dev\" ";
  for (const char* const asked : {"", "help", "--help"}) {
    const Outcome outcome = run(dev + asked);
    BOOST_TEST(outcome.status == 0, asked);
    BOOST_TEST(outcome.out.starts_with("./dev demo [OPTION...] "), asked << ": " << outcome.out);
  }
  for (const auto& [asked, said] : std::initializer_list<std::pair<const char*, const char*>>{
           {"tests", "there is no command tests; these are:\n./dev demo "},
           {"fuzz ten", "expected a number of runs, got ten\n"},
           {"tidy nothing.cpp", "there is no file nothing.cpp\n"},
           {"package digits",
            "packages are built in a folder that is not there yet, and digits is"}}) {
    const Outcome outcome = run(dev + asked);
    BOOST_TEST(outcome.status == 2, asked << ": " << outcome.status);
    BOOST_TEST(outcome.out == "", asked);
    BOOST_TEST(outcome.err.starts_with(std::string{"dev: "} + said), outcome.err);
  }
}

BOOST_AUTO_TEST_CASE(quickstart_learns) {
  const Outcome outcome = run("\"$BIN/quickstart\" 2");
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.err == "");
  const std::string measured =
      ": loss " + number + ", accuracy " + number + " on 1000 test images\n";
  const auto seen = numbers(outcome, "^epoch 1" + measured + "epoch 2" + measured + "$");
  BOOST_TEST(seen[2] < seen[0]);
  BOOST_TEST(seen[3] > 0.85);
}

BOOST_AUTO_TEST_CASE(custom_op_has_the_right_gradient) {
  const Outcome outcome = run("\"$BIN/custom_op\"");
  BOOST_TEST(outcome.status == 0);
  const auto gradient =
      numbers(outcome, "at -1, 0, 2: " + number + " " + number + " " + number + "\n");
  const double inputs[] = {-1, 0, 2};
  for (std::size_t i = 0; i < 3; ++i) {
    const double x = inputs[i], s = 1 / (1 + std::exp(-1.5 * x));
    BOOST_TEST(std::abs(gradient[i] - s * (1 + 1.5 * x * (1 - s))) < 1e-4);
  }
  BOOST_TEST(numbers(outcome, "finite differences: " + number + "\n")[0] < 2e-2);
}

BOOST_AUTO_TEST_CASE(custom_loop_has_the_right_gradient) {
  const Outcome outcome = run("\"$BIN/custom_loop\"");
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(numbers(outcome, "^relative error against finite differences: " + number + "\n$")[0] <
             2e-2);
}

BOOST_AUTO_TEST_CASE(custom_buffer_follows_the_means_of_its_input) {
  const Outcome outcome = run("\"$BIN/custom_buffer\"");
  BOOST_TEST(outcome.status == 0);
  const auto means = numbers(outcome, "running means " + number + " and " + number + "\n$");
  BOOST_TEST(means[0] == 101.5);
  BOOST_TEST(means[1] == 1.5);
}

BOOST_AUTO_TEST_CASE(custom_layer_lists_its_parameters_and_learns) {
  const Outcome outcome = run("\"$BIN/custom_layer\"");
  BOOST_TEST(outcome.status == 0);
  for (const char* const line : {"0.weight         (2, 16)\n", "1.hidden.weight  (16, 16)\n",
                                 "1.hidden.bias    (16,)\n", "2.scale          (1,)\n"})
    BOOST_TEST(contains(outcome.out, line), line << " is missing from " << outcome.out);
  BOOST_TEST(numbers(outcome, "loss after 200 steps: " + number + "\n")[0] < 0.05);
}

// Two sets of 4,000 numbers drawn from the distribution itself are some 0.05 apart; an untrained generator's are 2.
BOOST_AUTO_TEST_CASE(gan_learns_the_distribution) {
  const Outcome outcome = run("\"$BIN/gan\"");
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(numbers(outcome, "^distance " + number + "\n$")[0] < 0.5);
}

// Of samples of the mixture itself each hump has 0.125.
BOOST_AUTO_TEST_CASE(wgan_finds_all_humps) {
  const Outcome outcome = run("\"$BIN/wgan\"");
  BOOST_TEST(outcome.status == 0);
  const auto seen =
      numbers(outcome, "^near a hump " + number + ", at the one with the fewest " + number + "\n$");
  BOOST_TEST(seen[0] >= 0.8);
  BOOST_TEST(seen[1] == 0.1);
}

BOOST_AUTO_TEST_CASE(poisson_is_solved) {
  const Outcome outcome = run("\"$BIN/poisson\"");
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(numbers(outcome, "^relative error " + number + " %\n$")[0] <= 0.5);
}

BOOST_AUTO_TEST_CASE(newton_follows_the_curve) {
  const Outcome outcome = run("\"$BIN/newton\"");
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(numbers(outcome, "^error " + number + "\n$")[0] <= 1e-5);
}

// The noise alone is 0.08, by the mean of its absolute value.
BOOST_AUTO_TEST_CASE(fit_arrays_finds_the_function) {
  const Outcome outcome = run("\"$BIN/fit_arrays\"");
  BOOST_TEST(outcome.status == 0);
  const auto seen =
      numbers(outcome, "^mean absolute error " + number +
                           "\nthe best of all epochs: yes\nat \\(0.5, -0.5\\): " + number + "\n$");
  BOOST_TEST((seen[0] > 0.07 && seen[0] < 0.1));
  BOOST_TEST(std::abs(seen[1] - (std::sin(1.5) + 0.25)) < 0.2);
}

// What says each image by the mean of all is some 0.07 away.
BOOST_AUTO_TEST_CASE(autoencoder_gives_images_back) {
  const Outcome outcome = run("\"$BIN/autoencoder\"");
  BOOST_TEST(outcome.status == 0);
  const auto error =
      numbers(outcome, "^squared error " + number + ", at first " + number +
                           "\ncodes \\(1000, 32\\), images \\(1000, 28, 28, 1\\)\n$");
  BOOST_TEST(error[0] < 0.03);
  BOOST_TEST(error[1] > 0.1);
}

// The noise of the prices is 0.04, by the mean of its absolute value.
BOOST_AUTO_TEST_CASE(two_heads_learn_both) {
  const Outcome outcome = run("\"$BIN/two_heads\"");
  BOOST_TEST(outcome.status == 0);
  const auto seen = numbers(outcome, "^error " + number + ", accuracy " + number + "\n$");
  BOOST_TEST(seen[0] < 0.1);
  BOOST_TEST(seen[1] > 0.9);
}

BOOST_AUTO_TEST_CASE(custom_optimizer_finds_the_plane) {
  const Outcome outcome = run("\"$BIN/custom_optimizer\"");
  BOOST_TEST(outcome.status == 0);
  const auto plane =
      numbers(outcome, "^weight " + number + "\nweight " + number + "\nbias " + number + "\n$");
  const double expected[] = {2, -1, 1};
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(std::abs(plane[i] - expected[i]) < 0.1);
}

BOOST_AUTO_TEST_SUITE_END()
