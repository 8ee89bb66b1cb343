// SPDX-License-Identifier: MIT
// Runs the example programs as a person would, on a small set of made-up digits.
#pragma once

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <vector>

/// A directory for the time of the tests: $WORK for the commands, which run there. Its folder `digits`
/// has the files of a small MNIST, 4,096 digits to train with and 1,000 to test with, and XTAPE_DATA
/// names it; `pictures` has those of a small CIFAR-10, 400 and 100. No program reaches the network.
struct Workspace {
  Workspace();
  static std::filesystem::path path();
};

/// What a program did.
struct Outcome {
  int status = -1;  ///< its exit status; 128 and more: a signal ended it
  std::string out;  ///< what it wrote to stdout
  std::string err;  ///< what it wrote to stderr
};

/// Runs a command of the shell; programs are in $BIN.
Outcome run(const std::string& command);

/// Runs the trainer with these options.
inline Outcome train(const std::string& options) { return run("\"$BIN/mnist\" " + options); }

std::vector<std::string> lines(const std::string& text);
std::string read_file(const std::filesystem::path& path);

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
