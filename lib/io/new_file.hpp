// SPDX-License-Identifier: MIT
// Replacing a file in one step.
#pragma once

#include <xtape/config.hpp>

#include <cstddef>
#include <string>

namespace xtape::inline XTAPE_ABI {

/// A file that replaces another once it is complete. Until `commit` it has no name, so that not even a
/// killed process leaves anything behind; where the file system cannot do that, it has one beside the
/// other's. Symbolic links are followed. All functions throw DataError, and then what was there before is
/// still there.
class NewFile {
 public:
  /// A file that is to be called `path`, where there may be a regular file, but no device or pipe.
  explicit NewFile(const std::string& path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  /// Appends that many bytes.
  void write(const void* data, std::size_t size);
  /// Flushes the bytes to the disk and lets them take the place of what was there.
  void commit();

 private:
  [[noreturn]] void fail(const char* what) const;

  std::string path_, folder_, temporary_;
  bool named_ = false;  // whether there is something called temporary_
  int file_ = -1;
};

}  // namespace xtape::inline XTAPE_ABI
