// SPDX-License-Identifier: MIT
#include "launch.hpp"

#include "../directory.hpp"

#include <boost/test/unit_test.hpp>
#include <distributed_paths.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/wait.h>

namespace test {
namespace {

// As many ranks as are asked for, whatever the machine has; by nothing but its memory.
constexpr const char* environment =
    "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_plm=isolated "
    "OMPI_MCA_btl=self,vader OMPI_MCA_oob_tcp_if_include=lo "
    "OMPI_MCA_hwloc_base_binding_policy=none "
    "OMPI_MCA_rmaps_base_oversubscribe=1 HYDRA_LAUNCHER=fork HYDRA_IFACE=lo UCX_TLS=self,sm "
    "ASAN_OPTIONS=detect_leaks=0 UCX_MEM_EVENTS=n ";

}  // namespace

std::vector<std::string> launchers() {
  std::vector<std::string> all;
  std::istringstream in{XTAPE_LAUNCHERS};
  for (std::string one; std::getline(in, one, ':');)
    if (std::filesystem::exists(one)) all.push_back(one);
  return all;
}

std::string start(const std::string& launcher, int ranks) {
  return environment + launcher + " -n " + std::to_string(ranks) + ' ';
}

Ended launch(const std::string& launcher, int ranks, const std::string& options) {
  return launch(start(launcher, ranks) + "'" XTAPE_RANKS "' " + options);
}

Ended launch(const std::string& started) {
  static const Directory directory;
  const std::string command = started + " >'" + directory / "out" + "' 2>&1 </dev/null";
  BOOST_TEST_CHECKPOINT(command);
  const auto start = std::chrono::steady_clock::now();
  const int status = std::system(command.c_str());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::ostringstream output;
  output << std::ifstream{directory / "out"}.rdbuf();
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), output.str(),
          took.count()};
}

}  // namespace test
