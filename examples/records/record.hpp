// SPDX-License-Identifier: MIT
// A record: how long a training takes that reaches a known accuracy, as the mean of many seeds.
#pragma once

#include "../experiment/catalogue.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace records {

/// What one training has come to.
struct Outcome {
  double accuracy;  ///< on the test set, which nothing saw before
  double seconds;   ///< from the first sample to the last update, with the data in memory
};

/// A training that is run with many seeds.
struct Record {
  std::string name;     ///< of the program
  std::string purpose;  ///< what --help begins with
  double goal;          ///< what the mean accuracy is to reach
  std::uint64_t seeds;  ///< unless it is told otherwise
  experiment::DataSettings data = {};
  const experiment::Catalogue* catalogue;
  /// What is done to images before the clock starts, if anything.
  std::function<xtape::data::ImageDataset(const xtape::data::ImageDataset&)> prepare = {};
  std::function<Outcome(const xtape::data::Split& data, std::uint64_t seed)> train;
};

/// Runs a record as its command line asks for, and returns the program's status: prints a line per seed, then the mean,
/// its spread and the rate. --limit, for a trial, cuts the test set as it does the other. The work is that of products
/// and convolutions in both directions, which a training on some of the images tells; as that is not timed, memory has
/// been asked for by then, too.
int run(Record record, int argc, char** argv);

}  // namespace records
