// SPDX-License-Identifier: MIT
// What targets of libFuzzer share. A target's program also makes its seeds anew: fuzz-idx --seeds FOLDER
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string_view>

/// Writes the files that fuzzing begins with.
void write_seeds(const std::filesystem::path& folder);

/// Called by libFuzzer before the first run, if the program has it: it must not be inline.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  if (*argc == 3 && std::string_view{(*argv)[1]} == "--seeds") {
    write_seeds((*argv)[2]);
    std::exit(0);
  }
  return 0;
}
