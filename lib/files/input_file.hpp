// SPDX-License-Identifier: MIT
// A file to read at any place.
#pragma once

#include "files/descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace xtape::files {

/// A regular file, open for reading. Anything else, such as a pipe, for which one could wait for ever, is refused.
class InputFile {
 public:
  /// Opens it. What cannot be read, now or later, fails with "cannot read".
  InputFile(std::string path, Fail fail);

  const std::string& path() const noexcept { return path_; }
  std::uint64_t size() const noexcept { return size_; }  ///< in bytes, when it was opened

  /// Reads that many bytes.
  void read_at(std::uint64_t offset, void* to, std::size_t size) const;

 private:
  std::string path_;
  Fail fail_;
  std::uint64_t size_ = 0;
  Descriptor file_;
};

}  // namespace xtape::files
