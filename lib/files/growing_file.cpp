// SPDX-License-Identifier: MIT
#include "files/growing_file.hpp"

#include "files/new_file.hpp"

#include <fcntl.h>

namespace xtape::files {

void GrowingFile::replace(std::string_view bytes) {
  NewFile file{path_, fail_};
  file.write(bytes);
  file.commit();
  const auto now = Place{path_, fail_}.regular_file();
  device_ = now ? now->st_dev : 0;
  number_ = now ? now->st_ino : 0;
  size_ = static_cast<std::int64_t>(bytes.size());
}

bool GrowingFile::append(std::string_view bytes) {
  const Place place{path_, fail_};
  constexpr int flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
  const Descriptor file{::openat(place.folder.get(), place.name.c_str(), flags)};
  struct stat now = {};
  if (!file || ::fstat(file.get(), &now) != 0 || now.st_dev != device_ || now.st_ino != number_ ||
      now.st_size != size_)
    return false;
  if (!append_all(file.get(), size_, bytes)) fail_with_errno(fail_, "cannot write", path_);
  size_ += static_cast<std::int64_t>(bytes.size());
  if (!flush(file.get())) fail_with_errno(fail_, "cannot flush", path_);
  return true;
}

}  // namespace xtape::files
