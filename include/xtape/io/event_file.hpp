// SPDX-License-Identifier: MIT
/// \file
/// Event files, which TensorBoard shows as curves.
#pragma once

#include <xtape/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// A file of scalars over steps for TensorBoard:
/// ```
/// EventFile events{"runs/adam"};
/// FitOptions options;
/// options.on_epoch = {[&](const History& history) {
///   const EpochReport& report = history.epochs.back();
///   events.scalar("test/accuracy", static_cast<std::uint64_t>(report.epoch), report["accuracy"]);
///   return true;
/// }};
/// fit(net, train, test, options, rng, adam);
/// ```
/// and then `tensorboard --logdir runs`. Each event is written at once, in a single call and without a
/// buffer: TensorBoard shows it a moment later, and what was measured before a crash is there. It is not
/// flushed to the disk. One of these is for one thread at a time.
///
/// The format is TFRecord, frames of a length and a message with masked CRC-32C sums of both, and the
/// messages are tensorflow.Event.
class EventFile {
 public:
  /// Makes the directory, if it is not there, and in it a new file
  /// `events.out.tfevents.SECONDS.HOST.PROCESS.NUMBER`. TensorBoard takes all files in a directory
  /// for one run, so that one that is resumed goes on in a second file. Throws DataError if it cannot.
  explicit EventFile(const std::string& directory);
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  /// Adds a point to the curve that is called `tag`; curves whose tags are the same up to a slash are shown
  /// together. The value is kept as a float. Throws ValueError if the tag is no UTF-8 text, and DataError if
  /// the file cannot be written; what was written before can then still be read.
  void scalar(std::string_view tag, std::uint64_t step, double value);

  /// The file.
  const std::string& path() const noexcept { return path_; }

 private:
  EventFile() = default;  // so that the destructor also runs where the other constructor throws
  void write(const std::string& event);
  [[noreturn]] void fail() const;

  std::string path_;
  int file_ = -1;
  std::int64_t size_ = 0;  // of the whole events in the file
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
