// SPDX-License-Identifier: MIT
// Replacing a file in one step, with errors of the library.
#pragma once

#include "files/new_file.hpp"

#include <xtape/config.hpp>

#include <string>

namespace xtape::inline XTAPE_ABI {

/// Throws DataError: `[save] cannot write <path>: <why>`, or another op's.
files::Fail fail_to_write(const char* op = "save");

/// What models and logs are written to: all functions throw DataError, and then what was there before is still
/// there.
class NewFile : public files::NewFile {
 public:
  /// A file that is to be at `path`, where there may be a regular file, but no device or pipe. Symbolic links
  /// are followed, if they are not another user's.
  explicit NewFile(const std::string& path) : files::NewFile{path, fail_to_write()} {}
};

}  // namespace xtape::inline XTAPE_ABI
