// SPDX-License-Identifier: MIT
// How programs that train begin and end.
#pragma once

#include "experiment.hpp"
#include "options.hpp"

namespace experiment {

/// A program that trains, with what it was asked for; at first with what it does unasked.
struct Program {
  std::string name;     ///< in its messages
  std::string purpose;  ///< what --help begins with
  Settings training = {};
  DataSettings data = {};
  std::size_t threads = xtape::thread_count();
  std::string save = {}, onnx = {}, profile = {};  ///< files; none if empty
  std::string report = {};                         ///< a directory; none if empty
  bool quiet = false;

  /// Where its progress goes, or null.
  std::FILE* log() const { return quiet ? nullptr : stdout; }
};

/// Adds the options of programs that train on images.
void add_program_options(CLI::App& app, Program& program);
/// Adds those of all: --threads, --save, --profile and --quiet.
void add_session_options(CLI::App& app, Program& program);
/// Adds --onnx, for the model or a part of it.
void add_onnx_option(CLI::App& app, Program& program, const std::string& part = "model");
/// Adds --report.
void add_report_option(CLI::App& app, Program& program);

/// How a model is written to files of different kinds.
struct Writers {
  using Write = std::function<void(const std::string& path)>;
  Write save, onnx = {};
};

/// Parses the command line, then runs the program, and returns its status. Of several processes that train together
/// the first alone tells and writes what comes of it. What the program suggests for its own
/// optimizer is not for others: these go by the preset unless they are told, and by keras where they lack that.
/// Errors go to stderr.
int run(CLI::App& app, Program& program, int argc, char** argv,
        const std::function<int(const std::string& command)>& body);

/// The time in which a program trains: it watches, if it was asked to, and takes Ctrl-C for a request to stop.
class Session {
 public:
  explicit Session(const Program& program);
  /// Writes the model to the files that were asked for, prints what there is to print, `last_line` at the end, and
  /// returns the status.
  int finish(const xtape::History& history, const Writers& write,
             const std::function<std::string()>& last_line);

 private:
  int interrupted(const xtape::History& history) const;

  const Program& program_;
  std::optional<xtape::Profiler> profiler_;
};

/// What a report of it has before the first epoch.
report::Results begun(const Program& program, const xtape::data::Split& data, std::string command);

/// Throws DataError if what is to be written in the end could not be.
void check_paths(const Program& program);

}  // namespace experiment
