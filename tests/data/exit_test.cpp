// SPDX-License-Identifier: MIT
// Processes that end in the middle of a loop over batches.
#include "counting.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include <sys/wait.h>

using namespace test;

BOOST_AUTO_TEST_SUITE(exits)

namespace {

// Whether a static dataset was destroyed; another static object could be destroyed itself.
std::atomic<bool> destroyed = false;

// Ends the process with status 3 if it is read after its end.
struct Mortal : Counting {
  using Counting::Counting;
  ~Mortal() override {
    destroyed = true;
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
  void gather(std::span<const std::uint32_t> indices, data::Batch& batch, Rng& rng) const override {
    if (indices[0] >= exit_at) std::exit(7);
    if (indices[0] > 0) std::this_thread::sleep_for(std::chrono::milliseconds{30});
    if (destroyed) std::_Exit(3);
    Counting::gather(indices, batch, rng);
  }
  std::uint32_t exit_at = 1000;
};

// How a case ends that is run in a process of its own: its status, or -1 for a signal.
int end_of(const std::string& name) {
  const std::string program = fs::read_symlink("/proc/self/exe").string();
  const std::string command = "timeout 20 '" + program + "' --run_test=exits/" + name;
  const int status = std::system((command + " >/dev/null 2>&1").c_str());
  return WIFEXITED(status) && WEXITSTATUS(status) < 128 ? WEXITSTATUS(status) : -1;
}

// Cases that end the process are run by the test after them, in a process of their own.
const auto ends_the_process = boost::unit_test::disabled();

}  // namespace

BOOST_AUTO_TEST_CASE(in_the_body, *ends_the_process) {
  static const Mortal dataset{100};
  for ([[maybe_unused]] const data::Batch& batch : data::batches(dataset, 5)) std::exit(7);
}

BOOST_AUTO_TEST_CASE(in_an_inner_loop, *ends_the_process) {
  static const Mortal outer{100}, inner{100};
  for ([[maybe_unused]] const data::Batch& batch : data::batches(outer, 5))
    for ([[maybe_unused]] const data::Batch& other : data::batches(inner, 5)) std::exit(7);
}

BOOST_AUTO_TEST_CASE(with_a_dataset_made_after_other_loops, *ends_the_process) {
  const Counting first{20};
  for ([[maybe_unused]] const data::Batch& batch : data::batches(first, 5)) {
  }
  static const Mortal dataset{100};
  for ([[maybe_unused]] const data::Batch& batch : data::batches(dataset, 5)) std::exit(7);
}

BOOST_AUTO_TEST_CASE(in_another_thread, *ends_the_process) {
  static const Mortal dataset{1000};
  std::thread other{[] {
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    std::exit(7);
  }};
  for ([[maybe_unused]] const data::Batch& batch : data::batches(dataset, 5)) {
  }
  other.join();
}

BOOST_AUTO_TEST_CASE(in_a_gather, *ends_the_process) {
  static Mortal dataset{100};
  dataset.exit_at = 10;
  for ([[maybe_unused]] const data::Batch& batch : data::batches(dataset, 5)) {
  }
}

BOOST_AUTO_TEST_CASE(let_a_static_dataset_live_until_exit) {
  for (const char* const name : {"in_the_body", "in_an_inner_loop",
                                 "with_a_dataset_made_after_other_loops", "in_another_thread"})
    BOOST_TEST(end_of(name) == 7, name);
}

// The dataset is not read after its end and nobody waits for ever; but std::exit on a thread of oneTBB's has oneTBB
// destroy itself below that thread, while another waits in it, and now and then that ends with a signal.
BOOST_AUTO_TEST_CASE(let_a_gather_exit) {
  const int end = end_of("in_a_gather");
  BOOST_TEST((end == 7 || end == -1), "ends with " << end);
}

BOOST_AUTO_TEST_SUITE_END()
