// SPDX-License-Identifier: MIT
#include "files/input_file.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace xtape::files {
namespace {

constexpr const char* cannot_read = "cannot read";

}  // namespace

InputFile::InputFile(std::string path, Fail fail) : path_{std::move(path)}, fail_{std::move(fail)} {
  constexpr int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;  // it may be a pipe
  file_ = Descriptor{::open(path_.c_str(), flags)};
  struct stat status;
  if (!file_ || ::fstat(file_.get(), &status) != 0) fail_with_errno(fail_, cannot_read, path_);
  if (!S_ISREG(status.st_mode)) fail_(cannot_read, path_, not_regular);
  size_ = static_cast<std::uint64_t>(status.st_size);
}

void InputFile::read_at(std::uint64_t offset, void* to, std::size_t size) const {
  char* out = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t count = ::pread(file_.get(), out, size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_with_errno(fail_, cannot_read, path_);
    if (count == 0) fail_(cannot_read, path_, "the file became shorter");
    out += count;
    offset += static_cast<std::uint64_t>(count);
    size -= static_cast<std::size_t>(count);
  }
}

}  // namespace xtape::files
