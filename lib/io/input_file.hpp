// SPDX-License-Identifier: MIT
// A file to read at any place.
#pragma once

#include "files/descriptor.hpp"

#include <xtape/config.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace xtape::inline XTAPE_ABI {

/// A regular file, open for reading. Anything else, such as a pipe, for which one could wait for ever, is refused.
class InputFile {
 public:
  /// Told why a file cannot be read, it throws an error that says so.
  using Fail = std::function<void(const std::string& why)>;

  /// Opens it. Throws DataError: `[load] cannot read <path>: <why>`.
  explicit InputFile(const std::string& path);
  /// Opens it, or fails in the words of a reader of other files.
  InputFile(const std::string& path, const Fail& fail);

  const std::string& path() const noexcept { return path_; }
  std::uint64_t size() const noexcept { return size_; }  ///< in bytes, when it was opened

  /// Reads that many bytes. Returns nothing, or why it cannot.
  [[nodiscard]] std::string read_at(std::uint64_t offset, void* to, std::size_t size) const;

 private:
  std::string path_;
  std::uint64_t size_ = 0;
  files::Descriptor file_;
};

}  // namespace xtape::inline XTAPE_ABI
