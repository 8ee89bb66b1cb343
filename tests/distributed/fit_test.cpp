// SPDX-License-Identifier: MIT
// Trainings on several ranks: the same bits for any number of them, also where they are killed and go on with another
// number, and an error where ranks are not alike.
#include "../directory.hpp"
#include "../environment.hpp"
#include "launch.hpp"

#include <distributed_paths.hpp>
#include <xtape/random.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include <unistd.h>

using namespace test;

BOOST_AUTO_TEST_SUITE(distributed_fit)

namespace {

// Starts a training by a program and, for the second rank, by another of the same code, which is a byte longer.
Ended launch_two_programs(const std::string& launcher) {
  const Directory directory;
  const std::string other = directory / "other", options = " fit small-cnn 0 1 1";
  std::filesystem::copy_file(XTAPE_RANKS, other);
  std::ofstream{other, std::ios::app} << '.';
  const std::filesystem::path lib = std::filesystem::path{XTAPE_RANKS}.parent_path() / "../lib";
  const Environment libraries{"LD_LIBRARY_PATH", lib.string()};
  return launch(start(launcher, 1) + "'" XTAPE_RANKS "'" + options + " : -n 1 '" + other + "'" +
                options);
}

// Of what was printed the loss and the accuracy, and the hash of the weights.
std::string only_outcome(const std::string& output) {
  const std::size_t begin = output.find("loss 0x"), end = output.find("fit on");
  return begin > end || end == std::string::npos ? "nothing" : output.substr(begin, end - begin);
}

std::string outcome(const std::string& launcher, int ranks, const std::string& options) {
  const Ended ended = launch(launcher, ranks, options);
  BOOST_TEST_CONTEXT(ranks << " ranks " << options << '\n' << ended.output)
  BOOST_TEST(ended.status == 0);
  return only_outcome(ended.output);
}

}  // namespace

BOOST_AUTO_TEST_CASE(fit_has_the_same_bits_for_any_number_of_ranks) {
  by_each_launcher([](const std::string& launcher) {
    for (const std::string net : {"small-cnn", "small-resnet", "small-transformer"})
      BOOST_TEST_CONTEXT(net) {
        std::set<std::string> seen;
        for (const int ranks : {1, 2, 4})
          seen.insert(outcome(launcher, ranks, "fit " + net + " 4 1 2"));
        BOOST_TEST(seen.size() == 1u);
        BOOST_TEST(!seen.contains("nothing"));
      }
  });
}

BOOST_AUTO_TEST_CASE(a_training_goes_on_with_another_number_of_ranks) {
  by_one_launcher([](const std::string& launcher) {
    const Directory directory;
    const std::string file = directory / "run";
    const auto train = [&](int ranks, const std::string& epochs, const std::string& to) {
      return outcome(launcher, ranks, "fit small-resnet 4 1 " + epochs + " " + to);
    };
    const std::string expected = train(1, "4", "-");
    train(4, "1", file);
    train(1, "2", file);
    train(2, "3", file);
    BOOST_TEST(train(4, "4", file) == expected);
  });
}

// XTAPE_KILLS is how many of them; a few if it is not set.
BOOST_AUTO_TEST_CASE(a_training_whose_ranks_are_killed_at_any_moment_ends_with_the_same_bits) {
  const char* const asked = std::getenv("XTAPE_KILLS");
  const int least = asked != nullptr ? std::stoi(asked) : 4;
  const auto seed = static_cast<std::uint64_t>(::getpid());
  by_one_launcher([&](const std::string& launcher) {
    BOOST_TEST_CONTEXT("moments from seed " << seed) {
      xtape::Rng rng{seed};
      const auto training = [](const std::string& file) {
        return "fit small-resnet 4 1 6 " + file;
      };
      const std::string expected = only_outcome(launch(launcher, 1, training("-")).output);
      BOOST_REQUIRE(expected != "nothing");
      for (int kills = 0, trainings = 0; kills < least || trainings < 1; ++trainings) {
        const Directory directory;
        for (double most = 0.5;; most *= 1.2) {
          const int ranks = 1 << rng.below(3);
          const Ended ended =
              launch(launcher, ranks,
                     "killed " + std::to_string(rng.below(std::size_t(ranks))) + ' ' +
                         std::to_string(rng.uniform() * most) + ' ' + training(directory / "run"));
          if (ended.status == 0) {
            BOOST_TEST(only_outcome(ended.output) == expected);
            break;
          }
          ++kills;
          BOOST_REQUIRE_MESSAGE(kills < 1000, "the training does not get on");
        }
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(ranks_that_are_not_alike_are_told) {
  const std::vector<std::pair<std::string, std::string>> ways{
      {"batch", "rank 1 has batch_size 16, rank 0 has batch_size 32"},
      {"data", "rank 1 has training set"},
      {"model", "rank 1 has 0.weight (3, 3, 1, 32), rank 0 has 0.weight (3, 3, 1, 4)"},
      {"beta1", "rank 1 has other weights than rank 0 after"}};
  by_one_launcher([&](const std::string& launcher) {
    for (const auto& [what, message] : ways) {
      const Ended ended = launch(launcher, 2, "fit small-cnn 0 1 1 - " + what);
      BOOST_TEST_CONTEXT(what << '\n' << ended.output) {
        BOOST_TEST(ended.status != 0);
        BOOST_TEST(ended.seconds < 15);
        BOOST_TEST(ended.output.find(message) != std::string::npos);
      }
    }
    const Ended ended = launch_two_programs(launcher);
    BOOST_TEST_CONTEXT(ended.output) {
      BOOST_TEST(ended.status != 0);
      BOOST_TEST(ended.output.find("rank 1 has program ") != std::string::npos);
    }
    // The first rank's state is that of all.
    BOOST_TEST(outcome(launcher, 2, "fit small-cnn 0 1 1 - rate") != "nothing");
  });
}

BOOST_AUTO_TEST_SUITE_END()
