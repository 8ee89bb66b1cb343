// SPDX-License-Identifier: MIT
// Processes that do something together: what they say to each other arrives, sums have the bits that are documented,
// and one that stays away ends the others.
#include "../environment.hpp"
#include "launch.hpp"

#include <boost/test/unit_test.hpp>
#include <xtape/distributed.hpp>

#include <cstdlib>
#include <set>

using namespace test;
namespace data = xtape::data;

BOOST_AUTO_TEST_SUITE(distributed_world)

namespace {

// By any number of ranks and threads the weights have one hash.
void check_same_bits(const std::string& launcher, const std::string& net,
                     const std::string& steps) {
  std::set<std::string> hashes;
  for (const int ranks : {1, 2, 4})
    for (const std::string threads : {"1", "2"})
      hashes.insert(trained(launcher, ranks, "loop " + net + " 4 " + threads + ' ' + steps));
  BOOST_TEST_CONTEXT(net) {
    BOOST_TEST(hashes.size() == 1u);
    BOOST_TEST(hashes.begin()->size() == 16u);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_process_that_was_started_alone_is_a_group_of_one) {
  xtape::distributed::World world;
  BOOST_TEST(world.alone());
  BOOST_TEST(world.first());
  std::vector<double> numbers{1, 2};
  world.sum(std::span{numbers});
  world.broadcast(std::span{numbers});
  BOOST_TEST((numbers == std::vector<double>{1, 2}));
  BOOST_TEST((world.gather("own") == std::vector<std::string>{"own"}));
  world.barrier();
  BOOST_CHECK_THROW(xtape::distributed::World({.timeout = 0}), xtape::ValueError);
  BOOST_CHECK_THROW(world.broadcast(std::span{numbers}, 1), xtape::ValueError);
}

BOOST_AUTO_TEST_CASE(shards_are_a_power_of_two) {
  const xtape::distributed::World world;
  BOOST_TEST((world.shards() == data::Shards{1, 0, 1}));
  BOOST_TEST((world.shards(8) == data::Shards{8, 0, 8}));
  BOOST_CHECK_THROW(world.shards(6), xtape::ValueError);
}

BOOST_AUTO_TEST_CASE(sums_are_added_along_the_documented_tree) {
  by_each_launcher([](const std::string& launcher) {
    for (const int ranks : {2, 3, 4, 5}) passes(launcher, ranks, "sums");
  });
}

BOOST_AUTO_TEST_CASE(what_ranks_say_arrives) {
  by_each_launcher([](const std::string& launcher) {
    for (const int ranks : {1, 2, 3, 4}) passes(launcher, ranks, "others");
  });
}

BOOST_AUTO_TEST_CASE(with_shards_the_bits_are_the_same_for_any_number_of_ranks_and_threads) {
  by_one_launcher([](const std::string& launcher) {
    for (const char* net : {"small-cnn", "small-resnet", "small-transformer"})
      check_same_bits(launcher, net, "15");
  });
}

// XTAPE_STEPS is how many; a few if it is not set.
BOOST_AUTO_TEST_CASE(so_they_are_for_models_of_their_full_size) {
  const char* const steps = std::getenv("XTAPE_STEPS");
  by_one_launcher([=](const std::string& launcher) {
    for (const char* net : {"cnn", "resnet20", "transformer"})
      check_same_bits(launcher, net, steps != nullptr ? steps : "2");
  });
}

BOOST_AUTO_TEST_CASE(synchronised_statistics_are_those_of_the_whole_batch) {
  by_one_launcher([](const std::string& launcher) {
    for (const int ranks : {2, 4}) {
      const std::string small = "synchronised small-resnet 8 1e-6";
      BOOST_TEST(trained(launcher, ranks, small) == trained(launcher, ranks, small));
      passes(launcher, ranks, "synchronised resnet20 1 1e-3");
    }
  });
}

BOOST_AUTO_TEST_CASE(without_shards_the_bits_are_the_same_from_run_to_run) {
  by_one_launcher([](const std::string& launcher) {
    const std::string first = trained(launcher, 3, "loop small-resnet 0 1 10");
    BOOST_TEST(first == trained(launcher, 3, "loop small-resnet 0 1 10"));
    BOOST_TEST(first.size() == 16u);
  });
}

BOOST_AUTO_TEST_CASE(a_rank_that_stays_away_ends_the_others_with_its_number) {
  // How, and what is said of it; of one that is killed the launcher tells.
  const std::vector<std::pair<std::string, std::string>> ways{
      {"stops", "rank 3 has not answered for 2 seconds"},
      {"sleeps", "rank 3 has not answered for 2 seconds"},
      {"ends", "rank 3 has come to its end"},
      {"throws", "no more"},
      {"size", "sent 12 bytes"},
      {"barrier", "rank"},
      {"late", "waits for it in a farewell"},
      {"circle", "have waited for each other for 2 seconds"},
      {"dies", ""}};
  by_each_launcher([&](const std::string& launcher) {
    for (const auto& [how, message] : ways) {
      const Ended ended = launch(launcher, 4, "fails " + how);
      BOOST_TEST_CONTEXT(how << '\n' << ended.output) {
        BOOST_TEST(ended.status != 0);
        BOOST_TEST(ended.seconds < 15);
        BOOST_TEST(ended.output.find(message) != std::string::npos);
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(a_launcher_without_its_module_is_an_error) {
  by_each_launcher([](const std::string& launcher) {
    const Environment none{"XTAPE_MPI", "other"};
    const Ended ended = launch(launcher, 2, "sums");
    BOOST_TEST_CONTEXT(ended.output) {
      BOOST_TEST(ended.status != 0);
      BOOST_TEST(ended.output.find("there is no libxtape-mpi-other.so") != std::string::npos);
    }
  });
}

BOOST_AUTO_TEST_SUITE_END()
