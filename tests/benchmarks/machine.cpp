// SPDX-License-Identifier: MIT
// Tells what a measurement depends on: the processor, the kernels chosen for it, and OpenBLAS, the yardstick.
#include "kernels/dispatch.hpp"

#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

extern "C" {
char* openblas_get_config(void);
char* openblas_get_corename(void);
int openblas_get_parallel(void);
}

namespace {

std::string processor() {
  std::ifstream file{"/proc/cpuinfo"};
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

}  // namespace

int main() {
  constexpr const char* builds[] = {"serial", "pthread", "OpenMP"};
  const std::string config = openblas_get_config();  // "OpenBLAS 0.3.21 NO_LAPACKE ..."
  std::printf("processor  %s, %u threads\n", processor().c_str(),
              std::thread::hardware_concurrency());
  std::printf("kernels    %s\n", xtape::kernels::instruction_sets().back());
  std::printf("BLAS       %s, %s build, for %s\n",
              config.substr(0, config.find(' ', config.find(' ') + 1)).c_str(),
              builds[openblas_get_parallel()], openblas_get_corename());
}
