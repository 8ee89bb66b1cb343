// SPDX-License-Identifier: MIT
// Programs of several ranks on this machine, by each launcher that is here.
#pragma once

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace test {

/// Those of the implementations of MPI that there is a module for; none where there is no MPI.
std::vector<std::string> launchers();

/// What came of a program.
struct Ended {
  int status;          ///< of the launcher; 128 and more: a signal ended it
  std::string output;  ///< of all ranks, and the launcher
  double seconds;      ///< that it took
};

/// What starts a command as so many ranks, when it is written before it.
std::string start(const std::string& launcher, int ranks);

/// Runs `ranks OPTIONS`, see ranks.cpp.
Ended launch(const std::string& launcher, int ranks, const std::string& options);

/// The same for a command that `start` began.
Ended launch(const std::string& started);

/// Calls run(launcher) for each; there may be none.
template <class Run>
void by_each_launcher(Run run) {
  const auto all = launchers();
  if (all.empty()) std::fprintf(stderr, "notice: skipped, there is no MPI\n");
  for (const std::string& launcher : all) BOOST_TEST_CONTEXT(launcher) {
      run(launcher);
    }
}

/// The same for one of them, where the other could show nothing else.
template <class Run>
void by_one_launcher(Run run) {
  const auto all = launchers();
  if (all.empty()) std::fprintf(stderr, "notice: skipped, there is no MPI\n");
  if (!all.empty()) run(all.front());
}

/// Expects that it does what it is asked for.
inline void passes(const std::string& launcher, int ranks, const std::string& options) {
  const Ended ended = launch(launcher, ranks, options);
  BOOST_TEST_CONTEXT(ranks << " ranks " << options << '\n' << ended.output) {
    BOOST_TEST(ended.status == 0);
    BOOST_TEST(ended.output.find(" on " + std::to_string(ranks) + " ranks") != std::string::npos);
  }
}

/// The last line but one that they print: the hash of the weights.
inline std::string trained(const std::string& launcher, int ranks, const std::string& options) {
  const Ended ended = launch(launcher, ranks, options);
  BOOST_TEST_CONTEXT(ranks << " ranks " << options << '\n' << ended.output)
  BOOST_TEST(ended.status == 0);
  return ended.output.substr(0, ended.output.find('\n'));
}

}  // namespace test
