// SPDX-License-Identifier: MIT
// Replacing a file in one step.
#pragma once

#include "files/place.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace xtape::files {

/// A file that replaces another once it is complete. Until `commit` it has no name, so that not even a
/// killed process leaves anything behind; where the file system cannot do that, it has one beside the
/// other's. All functions fail as they were told to, and then what was there before is still there.
class NewFile {
 public:
  /// A file that is to be at `path`, a Place.
  NewFile(const std::string& path, Fail fail);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  /// Appends that many bytes.
  void write(const void* data, std::size_t size);
  void write(std::string_view bytes) { write(bytes.data(), bytes.size()); }
  /// Flushes the bytes to the disk and lets them take the place of what was there.
  void commit();
  /// Does what `commit` does but for the last step, as far as that can be without harm.
  void rehearse();

 private:
  [[noreturn]] void fail(const char* what) const;
  void prepare();
  void make_named_file();
  void give_name();
  void copy_to_named_file();
  std::string temporary_name() const;

  std::string path_;
  Fail fail_;
  Place place_;
  std::string temporary_;  // what the file is called, if it has a name
  Descriptor file_;
};

}  // namespace xtape::files
