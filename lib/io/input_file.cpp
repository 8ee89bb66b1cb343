// SPDX-License-Identifier: MIT
#include "io/input_file.hpp"

#include "text.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace xtape::inline XTAPE_ABI {

InputFile::InputFile(const std::string& path)
    : InputFile{path, [&](const std::string& why) {
                  throw DataError(Op::nowhere("load"), text("cannot read ", path, ": ", why));
                }} {}

InputFile::InputFile(const std::string& path, const Fail& fail) : path_{path} {
  constexpr int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;  // it may be a pipe
  file_ = files::Descriptor{::open(path.c_str(), flags)};
  struct stat status;
  if (!file_ || ::fstat(file_.get(), &status) != 0) fail(std::strerror(errno));
  if (!S_ISREG(status.st_mode)) fail("it is not a regular file");
  size_ = static_cast<std::uint64_t>(status.st_size);
}

std::string InputFile::read_at(std::uint64_t offset, void* to, std::size_t size) const {
  char* out = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t count = ::pread(file_.get(), out, size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0)
      return text("cannot be read: ", count < 0 ? std::strerror(errno) : "the file became shorter");
    out += count;
    offset += static_cast<std::uint64_t>(count);
    size -= static_cast<std::size_t>(count);
  }
  return {};
}

}  // namespace xtape::inline XTAPE_ABI
