// SPDX-License-Identifier: MIT
#include "files/descriptor.hpp"

#include <cerrno>
#include <cstring>
#include <exception>

#include <fcntl.h>
#include <unistd.h>

namespace xtape::files {
namespace {

// What fsync says where there is nothing to call.
bool means_unsupported(int error) {
  return error == EINVAL || error == ENOSYS || error == ENOTSUP || error == EROFS;
}

}  // namespace

void fail_with_errno(const Fail& fail, const char* what, const std::string& path) {
  fail(what, path, std::strerror(errno));
  std::terminate();  // for it does not return
}

Descriptor::Descriptor(int file) noexcept : file_{file} {
  if (file < 0 || file > STDERR_FILENO) return;
  file_ = ::fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  const int cause = errno;
  ::close(file);
  errno = cause;
}

bool Descriptor::close() noexcept {
  if (file_ < 0) return true;
  return ::close(std::exchange(file_, -1)) == 0 || errno == EINTR;  // it is closed in any case
}

bool write_all(int file, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool append_all(int file, std::int64_t size, std::string_view bytes) noexcept {
  if (write_all(file, bytes)) return true;
  const int cause = errno;
  [[maybe_unused]] const int ignored = ::ftruncate(file, size);
  errno = cause;
  return false;
}

bool flush(int file) noexcept {
  while (::fsync(file) != 0)
    if (errno != EINTR) return means_unsupported(errno);
  return true;
}

}  // namespace xtape::files
