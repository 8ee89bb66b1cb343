// SPDX-License-Identifier: MIT
// The options that programs share, and what stands behind their names.
#pragma once

#include "experiment.hpp"

#include <cstdint>
#include <limits>
#include <string>

// CLI11 takes seconds to compile: who has options of its own includes it.
namespace CLI {
class App;
class Validator;
}  // namespace CLI

namespace experiment {

/// For options that are whole numbers, in decimal digits alone. What CLI11 reads by itself may be another
/// number than what was written: 2^64 is its largest then, and 010 is eight.
CLI::Validator whole(std::uint64_t least = 0,
                     std::uint64_t most = std::numeric_limits<std::uint64_t>::max());

/// For options that are finite numbers from 0 up.
CLI::Validator number(double most = std::numeric_limits<double>::max());

/// Adds --model.
void add_model_option(CLI::App& app, Settings& settings);

/// Adds --preset.
void add_preset_option(CLI::App& app, Settings& settings);

/// Adds --preset, --epochs, --batch-size and what DataSettings has.
void add_common_options(CLI::App& app, Settings& settings, DataSettings& data);

/// Adds what DataSettings has.
void add_data_options(CLI::App& app, const Catalogue& catalogue, DataSettings& data);

/// Adds --optimizer, --learning-rate and --weight-decay.
void add_optimizer_options(CLI::App& app, Settings& settings);

/// Adds what add_optimizer_options does, the schedules, and what add_run_options does.
void add_training_options(CLI::App& app, Settings& settings);

/// Adds --precision, --seed, --prefetch, --checkpoint and what watches.
void add_run_options(CLI::App& app, Settings& settings);

/// Adds --precision.
void add_precision_option(CLI::App& app, std::string& precision);
/// What --precision asks for. Where the machine has nothing for it, that is said once.
xtape::Precision::Kind precision_of(const std::string& precision);

/// Adds --distributed and --shards.
void add_distributed_options(CLI::App& app, Settings& settings);

/// Adds --threads.
void add_threads_option(CLI::App& app, std::size_t& threads);

/// A training must not end in a file that cannot be written. Throws DataError for such a path.
void check_writable(const char* what, const std::string& path);

/// The processor's name as Linux tells it; empty where it does not.
std::string processor();

/// The names of all optimizers.
std::vector<std::string> optimizers();

/// What a report says of where it comes from: the settings, and the versions of what ran.
void describe(report::Results& results, const Settings& settings, const xtape::data::Split& data,
              std::size_t threads);

/// The command line, as a shell takes it.
std::string command_line(int argc, const char* const* argv);

}  // namespace experiment
