// SPDX-License-Identifier: MIT
// A file that grows at its end.
#pragma once

#include "files/descriptor.hpp"

#include <cstdint>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace xtape::files {

/// A file to which a piece is added from time to time, for as long as nobody else changes it.
class GrowingFile {
 public:
  /// The file at `path`, a Place; nothing is done yet.
  GrowingFile(std::string path, Fail fail) : path_{std::move(path)}, fail_{std::move(fail)} {}

  /// Replaces what is there, as NewFile.
  void replace(std::string_view bytes);
  /// Adds to the end, flushed; all or, where it fails, nothing. False if the file is not as this has left it:
  /// it is to be replaced.
  bool append(std::string_view bytes);

 private:
  std::string path_;
  Fail fail_;
  dev_t device_ = 0;
  ino_t number_ = 0;  // of the file, 0 for none
  std::int64_t size_ = 0;
};

}  // namespace xtape::files
