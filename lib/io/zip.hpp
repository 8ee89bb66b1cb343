// SPDX-License-Identifier: MIT
// ZIP archives (PKWARE's APPNOTE.TXT), of less than 4 GB.
#pragma once

#include "files/byte_stream.hpp"

#include <xtape/config.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace xtape::inline XTAPE_ABI::zip {

/// Where a file of an archive is.
struct Entry {
  std::uint64_t begin = 0;       ///< of its bytes in the archive
  std::uint64_t compressed = 0;  ///< how many bytes it has there
  std::uint64_t size = 0;        ///< how many bytes it has
  std::uint32_t crc = 0;         ///< of its bytes
  bool deflated = false;         ///< or stored as they are
};

/// An archive to read. All functions throw DataError, which begins with `[load] <path>`.
class Reader {
 public:
  /// Opens an archive and checks that all its entries lie within it.
  explicit Reader(const std::string& path);
  /// The files by name.
  const std::map<std::string, Entry, std::less<>>& entries() const noexcept { return entries_; }
  /// Throws: `[load] <path><what>; <hint>`.
  [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const;

 private:
  friend class Stream;
  void add_entry(std::string_view header, std::string name);

  files::InputFile file_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::uint64_t directory_ = 0;  // where it begins
};

/// The bytes of one file of an archive, from the first to the last.
class Stream {
 public:
  /// `name` is for the errors. Both arguments must outlive the stream.
  Stream(const Reader& archive, const Entry& entry, std::string name);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Reads exactly that many bytes.
  void read(void* to, std::size_t size);
  /// Checks that there are no more bytes and that their sum is right.
  void finish();
  /// Throws: `[load] <path>: the array <name> <what>`.
  [[noreturn]] void fail(const std::string& what) const;

 private:
  const Reader& archive_;
  const Entry& entry_;
  std::string name_;
  files::ByteStream bytes_;
  std::uint64_t given_ = 0;  // how many were read
  std::uint32_t crc_ = 0;    // of these
};

/// A file to write: its bytes in pieces, which must outlive the item.
struct Item {
  std::string name;
  std::vector<std::string_view> pieces;
};

/// Writes an archive in place of what is there, nothing compressed. Throws DataError if that fails, if two
/// files have the same name, or for one of 4 GB or more.
void write(const std::string& path, const std::vector<Item>& items);

}  // namespace xtape::inline XTAPE_ABI::zip
