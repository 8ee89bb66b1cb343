// SPDX-License-Identifier: MIT
// Programs whose output is lost say so, and work on.
#include "support.hpp"

#include <csignal>

namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(output)

namespace {

const std::string quick = " --model mlp --limit 640 --epochs 2 ";

// Each program, in a call that prints something.
const std::vector<std::string> calls = {
    "\"$BIN/mnist\" --help",
    "\"$BIN/mnist\" --model mlp --summary",
    "\"$BIN/mnist\" --quiet" + quick,
    "\"$BIN/mnist\"" + quick,
    "rm -rf lost; \"$BIN/compare_optimizers\" --out lost" + quick,
    "\"$BIN/compare_optimizers\" --help",
    "\"$BIN/quickstart\"",
    "\"$BIN/custom_layer\"",
    "\"$BIN/custom_buffer\"",
    "\"$BIN/custom_loop\"",
    "\"$BIN/custom_op\"",
    "\"$BIN/custom_optimizer\"",
    "\"$BIN/gan\""};

}  // namespace

BOOST_AUTO_TEST_CASE(lost_output_is_an_error) {
  for (const std::string& call : calls)
    for (const auto& [to, why] : {std::pair{">/dev/full", "No space left on device"},
                                  std::pair{">&-", "Bad file descriptor"}}) {
      const Outcome outcome = run(call + to);
      BOOST_TEST(outcome.status == 1, call << to << ": " << outcome.status);
      BOOST_TEST(contains(outcome.err, std::string{": what was printed is lost: "} + why),
                 call << to << ": " << outcome.err);
    }
}

BOOST_AUTO_TEST_CASE(an_interrupted_program_keeps_its_status) {
  const Outcome outcome = run(
      "\"$BIN/mnist\" --model mlp --limit 640 --epochs 1000000 --checkpoint unheard >/dev/full & "
      "until [ -e unheard ]; do sleep 0.01; done; kill -TERM $!; wait $!");
  BOOST_TEST(outcome.status == 128 + SIGTERM, outcome.err);
  BOOST_TEST(contains(outcome.err, "mnist: what was printed is lost: "), outcome.err);
}

BOOST_AUTO_TEST_CASE(a_program_without_streams_is_no_other) {
  for (const char* const streams : {"2>&-", "2>/dev/full", "<&- 2>&-", "<&- >&- 2>&-"}) {
    const Outcome good = run("\"$BIN/mnist\" --save \"$WORK/silent.st\"" + quick + streams);
    BOOST_TEST(good.status == (contains(streams, ">&- 2") ? 1 : 0), streams);
    const Outcome bad = run(std::string{"\"$BIN/mnist\" --data /nowhere "} + streams);
    BOOST_TEST(bad.status == 1, streams);
    BOOST_TEST(!contains(read_file(Workspace::path() / "silent.st"), "test accuracy"), streams);
  }
}

// As with `mnist --checkpoint run | head -1`.
BOOST_AUTO_TEST_CASE(a_closed_log_does_not_end_a_training) {
  const std::string trainer = "\"$BIN/mnist\"" + quick;
  BOOST_REQUIRE(run(trainer + "--save whole.st").status == 0);
  const Outcome outcome =
      run("{ " + trainer + "--checkpoint piped --save piped.st; echo $? >status; } | head -n 1");
  BOOST_TEST(lines(outcome.out).size() == 1u);
  BOOST_TEST(read_file(Workspace::path() / "status") == "1\n");
  BOOST_TEST(contains(outcome.err, "mnist: what was printed is lost: Broken pipe"), outcome.err);
  BOOST_TEST(
      (read_file(Workspace::path() / "piped.st") == read_file(Workspace::path() / "whole.st")));
  BOOST_TEST(fs::exists(Workspace::path() / "piped"));
}

BOOST_AUTO_TEST_CASE(a_closed_log_does_not_end_a_comparison) {
  const Outcome outcome =
      run("{ \"$BIN/compare_optimizers\" --out shut" + quick + "; echo $? >status; } | head -n 1");
  BOOST_TEST(read_file(Workspace::path() / "status") == "1\n");
  BOOST_TEST(contains(outcome.err, "what was printed is lost: Broken pipe"), outcome.err);
  BOOST_TEST(lines(read_file(Workspace::path() / "shut/results.csv")).size() == 1u + 6 * 2);
  BOOST_TEST(!fs::exists(Workspace::path() / "shut/checkpoints"));
}

// No thread is left to wait for another for ever, whatever fails for want of memory; a program that waits would
// take no notice of a polite signal.
BOOST_AUTO_TEST_CASE(a_program_without_memory_ends) {
  for (const std::string kilobytes : {"60000", "100000", "153600", "250000"}) {
    const Outcome outcome =
        run("ulimit -v " + kilobytes +
            "; timeout -s KILL 60 \"$BIN/mnist\" --epochs 1 --limit 4096 --batch-size "
            "4096 --threads 2");
    BOOST_TEST((outcome.status > 0 && outcome.status != 128 + SIGKILL),
               kilobytes << ": " << outcome.status);
    BOOST_TEST(outcome.err != "", kilobytes);
    BOOST_TEST(!contains(outcome.out, "test accuracy"), outcome.out);
  }
}

BOOST_AUTO_TEST_SUITE_END()
