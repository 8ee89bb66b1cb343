// SPDX-License-Identifier: MIT
// Writes the samples' reports for a browser to look at: write_samples DIRECTORY
#include "sample.hpp"

#include <report.hpp>

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: write_samples DIRECTORY\n", stderr);
    return 2;
  }
  try {
    const std::filesystem::path directory = argv[1];
    report::write(directory / "complete", test::sample());
    report::write(directory / "interrupted", test::interrupted_sample());
    report::write(directory / "crowded", test::crowded_sample());
    report::write(directory / "drawn", test::drawn_sample());
    report::write(directory / "small", test::small_sample());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "write_samples: %s\n", error.what());
    return 1;
  }
}
