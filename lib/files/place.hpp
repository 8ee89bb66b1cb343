// SPDX-License-Identifier: MIT
// Where a file is to be.
#pragma once

#include "files/descriptor.hpp"

#include <cstddef>
#include <optional>
#include <string>

#include <sys/stat.h>

namespace xtape::files {

/// How many bytes a name in a folder may have.
std::size_t longest_name(const Descriptor& folder) noexcept;

/// A name in a folder that is open, so that it stays the same place whatever happens to the path. Symbolic
/// links were followed, but none by which another user could lead this one to a file of his choice: the last
/// must be this user's or root's, and those to folders on the way are trusted as the kernel does with
/// fs.protected_symlinks.
struct Place {
  /// The place that a path leads to, where there may be a regular file. Fails with "cannot write" if there is
  /// something else, or no such folder.
  Place(const std::string& path, const Fail& fail);

  /// What is there, if it is a regular file.
  std::optional<struct stat> regular_file() const noexcept;

  Descriptor folder;
  std::string name;
};

}  // namespace xtape::files
