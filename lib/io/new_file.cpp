// SPDX-License-Identifier: MIT
#include "io/new_file.hpp"

#include "text.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <random>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace xtape::inline XTAPE_ABI {
namespace {

// Where a symbolic link leads. A device or a pipe is not to be replaced by a file.
std::string target_of(const std::string& path) {
  std::error_code ignored;
  std::filesystem::path target = path;
  for (int links = 0; links < 40 && std::filesystem::is_symlink(target, ignored); ++links)
    target = target.parent_path() / std::filesystem::read_symlink(target, ignored);
  if (std::filesystem::exists(target, ignored) &&
      !std::filesystem::is_regular_file(target, ignored))
    throw DataError(Op::nowhere("save"), text("cannot write ", path, ": it is not a regular file"));
  return target.string();
}

// Who may read the file that is replaced may read the new one.
void copy_mode(const std::string& path, int file) {
  struct stat old = {};
  if (::stat(path.c_str(), &old) == 0) ::fchmod(file, old.st_mode & 07777);
}

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path{path}.parent_path().string();
  return folder.empty() ? "." : folder;
}

// The name of an open file that has none, by which it can be given one.
std::string link_to(int file) { return text("/proc/self/fd/", file); }

// Makes the folder's new list of names outlast a power failure. Where it cannot be done, nothing is lost:
// the old file or the new one is whole.
void flush_folder(const std::string& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

}  // namespace

NewFile::NewFile(const std::string& path)
    : path_{target_of(path)},
      folder_{folder_of(path_)},
      temporary_{text(path_, ".new-", std::random_device{}())} {
  constexpr int flags = O_WRONLY | O_CLOEXEC;
  file_ = ::open(folder_.c_str(), flags | O_TMPFILE, 0666);
  if (file_ >= 0 && ::access(link_to(file_).c_str(), F_OK) == 0) return;
  if (file_ >= 0) ::close(file_);  // there is no /proc
  file_ = ::open(temporary_.c_str(), flags | O_CREAT | O_EXCL, 0666);
  if (file_ < 0) fail("cannot write");
  named_ = true;
}

NewFile::~NewFile() {
  ::close(file_);
  if (named_) ::unlink(temporary_.c_str());
}

void NewFile::write(const void* data, std::size_t size) {
  const char* from = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(file_, from, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot write");
    from += written;
    size -= static_cast<std::size_t>(written);
  }
}

void NewFile::commit() {
  copy_mode(path_, file_);
  if (::fsync(file_) != 0) fail("cannot flush");
  if (!named_) {
    // A name that is taken cannot be given: it takes a second one and a rename.
    if (::linkat(AT_FDCWD, link_to(file_).c_str(), AT_FDCWD, temporary_.c_str(),
                 AT_SYMLINK_FOLLOW) != 0)
      fail("cannot write");
    named_ = true;
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot rename to");
  named_ = false;
  flush_folder(folder_);
}

void NewFile::fail(const char* what) const {
  throw DataError(Op::nowhere("save"), text(what, ' ', path_, ": ", std::strerror(errno)));
}

}  // namespace xtape::inline XTAPE_ABI
