// SPDX-License-Identifier: MIT
// Bytes from a file or from memory, decompressed on the way if they are gzip.
#pragma once

#include <xtape/config.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace xtape::inline XTAPE_ABI::data {

/// A stream of bytes to be read once, from the first to the last. Gzip is told by its first two
/// bytes, not by the file's name; members that follow each other are one stream, and zeros behind
/// the last do not count, as in gzip itself.
class ByteStream {
 public:
  /// Opens a file. Throws DataError, also for a pipe or a device.
  explicit ByteStream(const std::filesystem::path& path);
  /// Reads from memory, which must outlive the stream. `name` is for the errors.
  ByteStream(std::string name, std::span<const std::uint8_t> bytes);
  ~ByteStream();

  /// Fills `out` and returns how many bytes it got, fewer only at the end of the stream. Throws
  /// DataError if the file cannot be read or its gzip wrapping is damaged.
  std::size_t read(std::span<std::uint8_t> out);
  /// Whether it is gzip: what it holds can be much more than what it is.
  bool compressed() const noexcept;
  /// What is read: the path, or the name given.
  const std::string& name() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace xtape::inline XTAPE_ABI::data
