// SPDX-License-Identifier: MIT
// An open file.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace xtape::files {

/// How a failure is thrown, as each who reads or writes files has errors of a kind of its own: `what` could not be
/// done with the file at `path`, and why. It does not return.
using Fail = std::function<void(const char* what, const std::string& path, const std::string& why)>;

/// Fails for what errno says.
[[noreturn]] void fail_with_errno(const Fail& fail, const char* what, const std::string& path);

/// Why a pipe, a device or a folder is refused.
inline constexpr const char* not_regular = "it is not a regular file";

/// A descriptor, closed at the end. It is never one of the standard three, which a program may have been
/// started without: what it prints would go into the file.
class Descriptor {
 public:
  Descriptor() = default;
  /// Takes what `open` and the like return: a descriptor, or -1 with errno set.
  explicit Descriptor(int file) noexcept;
  Descriptor(Descriptor&& other) noexcept : file_{std::exchange(other.file_, -1)} {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~Descriptor() { close(); }

  int get() const noexcept { return file_; }
  explicit operator bool() const noexcept { return file_ >= 0; }
  /// Gives it away.
  int release() noexcept { return std::exchange(file_, -1); }
  /// Some file systems say only now that the disk is full: then false, with errno set.
  bool close() noexcept;

 private:
  int file_ = -1;
};

/// Writes all of it. False, with errno set, if that fails.
bool write_all(int file, std::string_view bytes) noexcept;

/// Adds bytes to the end of a file of that size that was opened to append, in one call if the system lets it.
/// False, with errno set, if that fails; then no part of them stays.
bool append_all(int file, std::int64_t size, std::string_view bytes) noexcept;

/// Brings what was written to the disk. Where the file system has no such thing, as some that are made by
/// programs or reach over a network, it is as well kept as it can be. False, with errno set, if it is lost.
bool flush(int file) noexcept;

}  // namespace xtape::files
