// SPDX-License-Identifier: MIT
// The bytes of an IDX file, from a file or from memory.
#pragma once

#include "files/byte_stream.hpp"

#include <xtape/config.hpp>

#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace xtape::inline XTAPE_ABI::data {

/// A stream of bytes, decompressed if they are gzip, which is told by their begin and not by a file's name.
class IdxStream {
 public:
  /// Opens a file. Throws DataError, also for a pipe or a device.
  explicit IdxStream(const std::filesystem::path& path);
  /// Reads from memory, which must outlive the stream. `name` is for the errors.
  IdxStream(std::string name, std::span<const std::uint8_t> bytes);

  /// Fills `out` and returns how many bytes it got, fewer only at the end of the stream. Throws
  /// DataError if the file cannot be read or its gzip wrapping is damaged.
  std::size_t read(std::span<std::uint8_t> out) { return bytes_->read(out); }
  /// Whether it is gzip: what it holds can be much more than what it is.
  bool compressed() const noexcept { return compressed_; }
  /// What is read: the path, or the name given.
  const std::string& name() const noexcept { return name_; }

 private:
  std::string name_;
  std::optional<files::InputFile> file_;  // none: the bytes are in memory
  bool compressed_ = false;
  std::optional<files::ByteStream> bytes_;
};

}  // namespace xtape::inline XTAPE_ABI::data
