// SPDX-License-Identifier: MIT
// Bytes to be read once, from the first to the last, decompressed on the way.
#pragma once

#include "files/input_file.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace xtape::files {

/// How bytes are compressed.
enum class Coding {
  none,
  deflate,  ///< one stream of RFC 1951, which has no checksum; what is behind it does not count
  gzip,  ///< members of RFC 1952, which are one stream; zeros behind the last do not count, as in gzip itself
};

/// Whether bytes begin as those of gzip do.
bool is_gzip(std::span<const std::uint8_t> bytes) noexcept;
bool is_gzip(const InputFile& file);

/// A stream of bytes from a file or from memory, which must outlive it.
class ByteStream {
 public:
  /// Told what was found that is no intact compressed data, it throws.
  using Damaged = std::function<void(const std::string& found)>;

  /// The bytes of a file from `begin` on. Where they cannot be read, it fails as the file does.
  ByteStream(const InputFile& file, std::uint64_t begin, std::uint64_t size, Coding coding,
             Damaged damaged);
  /// Those bytes.
  ByteStream(std::span<const std::uint8_t> bytes, Coding coding, Damaged damaged);
  ~ByteStream();
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  /// Fills `out` and returns how many bytes it got, fewer only at the end of the stream.
  std::size_t read(std::span<std::uint8_t> out);

 private:
  struct Inflater;
  std::size_t copy(std::span<std::uint8_t> out);
  std::size_t inflate(std::span<std::uint8_t> out);
  bool fill();
  bool at_end();
  void check_padding();

  const InputFile* file_ = nullptr;      // none: all bytes are in the input
  std::uint64_t next_ = 0, end_ = 0;     // in the file, of what is to be read
  std::span<const std::uint8_t> input_;  // what was read and is not yet used
  Damaged damaged_;
  std::unique_ptr<Inflater> inflater_;  // none: they are as they are
};

}  // namespace xtape::files
