// SPDX-License-Identifier: MIT
// Keeping other processes away from a file.
#pragma once

#include "files/place.hpp"

#include <optional>
#include <string>

namespace xtape::files {

/// The right to write something, of which others that ask for it are kept while this lives. It ends with the
/// process, however that ends. On a file system without locks everybody has it.
class Lock {
 public:
  /// That of a file, which need not be there: a file `.NAME.lock` is beside it meanwhile. Nothing if
  /// another has it.
  static std::optional<Lock> of_file(const std::string& path, const Fail& fail);
  /// That of a folder, which must be there.
  static std::optional<Lock> of_folder(const std::string& path, const Fail& fail);

  Lock(Lock&&) = default;
  Lock& operator=(Lock&& other) noexcept {
    std::swap(lock_, other.lock_);
    std::swap(folder_, other.folder_);
    std::swap(name_, other.name_);
    return *this;
  }
  ~Lock();

 private:
  Lock() = default;
  bool take();

  Descriptor lock_;
  Descriptor folder_;
  std::string name_;  // of the file in it that is locked, if it was made for that
};

}  // namespace xtape::files
