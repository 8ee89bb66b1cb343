// SPDX-License-Identifier: MIT
// Trainings that are killed at random moments and resumed: they end with the weights, bit for bit, of one
// that was never stopped.
#include "support.hpp"

#include <xtape/random.hpp>

#include <chrono>
#include <csignal>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(kills)

using Clock = std::chrono::steady_clock;

namespace {

const std::string mnist =
    "\"$BIN/mnist\" --model mlp --limit 1000 --batch-size 20 --threads 1 --quiet";

// Starts a trainer, kills it after a time, and tells whether it had ended by then, as it should.
bool ends_within(std::chrono::duration<double> time, const std::string& trainer) {
  const std::string command =
      "cd \"$WORK\" && exec " + trainer +
      " --epochs 3 --checkpoint run --checkpoint-every 2 --resume --save killed"
      " >out 2>err </dev/null";
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  std::this_thread::sleep_for(time);
  ::kill(child, SIGKILL);
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status)) return false;
  BOOST_REQUIRE_MESSAGE(WEXITSTATUS(status) == 0, read_file(Workspace::path() / "err"));
  return true;
}

void kill_and_resume(const std::string& trainer, int least_kills) {
  const fs::path folder = Workspace::path();
  const auto start = Clock::now();
  BOOST_REQUIRE(run(trainer + " --epochs 3 --save unstopped").status == 0);
  const std::chrono::duration<double> whole = Clock::now() - start;
  const std::string expected = read_file(folder / "unstopped");

  const auto seed = static_cast<std::uint64_t>(::getpid());
  int kills = 0;
  BOOST_TEST_CONTEXT("moments from seed " << seed) {
    xtape::Rng rng{seed};
    int trainings = 0, in_the_middle = 0;
    while (kills < least_kills || trainings < 2) {
      fs::remove(folder / "run");
      fs::remove(folder / "killed");
      // Later trainings get more time between kills, so that each ends in spite of them.
      for (double most = 0.5; !ends_within(rng.uniform() * most * whole, trainer); most *= 1.05) {
        ++kills;
        in_the_middle += fs::exists(folder / "run");
        BOOST_REQUIRE_MESSAGE(kills < 1000, "the training does not get on");
      }
      ++trainings;
      BOOST_TEST(read_file(folder / "killed") == expected);
    }
    BOOST_TEST_MESSAGE(kills << " kills in " << trainings << " trainings");
    BOOST_TEST(10 * in_the_middle > kills);  // else they were all before the first checkpoint
  }

  // A file stays behind only where a kill comes between its getting a name and its taking the other's place.
  int left = 0;
  for (const auto& entry : fs::directory_iterator{folder})
    if (entry.path().filename().string().starts_with("run.")) left += fs::remove(entry);
  BOOST_TEST(10 * left <= kills);
}

}  // namespace

BOOST_AUTO_TEST_CASE(killed_trainings_end_as_if_never_stopped) { kill_and_resume(mnist, 60); }

// Batch statistics run on, and flips and crops are drawn.
BOOST_AUTO_TEST_CASE(killed_residual_nets_end_as_if_never_stopped) {
  kill_and_resume("\"$BIN/cifar\" --data pictures --limit 96 --batch-size 16 --quiet", 10);
}

// The noise of codes is drawn.
BOOST_AUTO_TEST_CASE(killed_autoencoders_end_as_if_never_stopped) {
  kill_and_resume("\"$BIN/vae\" --limit 1000 --batch-size 50 --quiet", 10);
}

BOOST_AUTO_TEST_CASE(ctrl_c_stops_the_trainer_and_resume_goes_on) {
  const fs::path folder = Workspace::path();
  fs::remove(folder / "run");
  const std::string trainer = mnist + " --checkpoint run ";
  // A shell lets what runs in the background ignore SIGINT.
  const Outcome stopped =
      run(trainer +
          "--epochs 1000000 --checkpoint-every 1 & until [ -e run ]; do sleep 0.01; done;"
          " kill -TERM $!; wait $!");
  BOOST_TEST(stopped.status == 128 + SIGTERM);
  BOOST_TEST(contains(stopped.err, "interrupted; --resume goes on from run"), stopped.err);
  const Outcome refused = run(trainer + "--epochs 3");
  BOOST_TEST(refused.status == 1);
  BOOST_TEST(contains(refused.err, "run is there already"), refused.err);
  const Outcome resumed = run(trainer + "--epochs 3 --resume");
  BOOST_TEST(resumed.status == 0, resumed.err);
}

BOOST_AUTO_TEST_SUITE_END()
