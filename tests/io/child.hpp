// SPDX-License-Identifier: MIT
// Functions that run in a process of their own, which may lose its rights, its disk or its life.
#pragma once

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <cstring>
#include <functional>
#include <string>

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace test {

/// A process that runs a function; what the function returns can be read. It is killed at the end.
class Child {
 public:
  explicit Child(const std::function<std::string()>& run) {
    int ends[2];
    BOOST_REQUIRE(::pipe(ends) == 0);
    process_ = ::fork();
    BOOST_REQUIRE(process_ >= 0);
    if (process_ == 0) {
      std::string text;
      try {
        text = run();
      } catch (const std::exception& error) {
        text = std::string{"it threw "} + error.what();
      }
      [[maybe_unused]] const ssize_t written = ::write(ends[1], text.data(), text.size());
      ::_exit(0);
    }
    ::close(ends[1]);
    output_ = ends[0];
  }
  ~Child() {
    kill();
    ::close(output_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// What the function returned.
  std::string result() {
    std::string text;
    char buffer[4096];
    for (ssize_t count; (count = ::read(output_, buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(count));
    return text;
  }
  /// Waits until it has stopped itself by SIGSTOP.
  bool stopped() const {
    int status = 0;
    return ::waitpid(process_, &status, WUNTRACED) == process_ && WIFSTOPPED(status);
  }
  void kill() {
    if (process_ < 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }

 private:
  pid_t process_ = -1;
  int output_ = -1;
};

/// Mounts a small file system in memory that only this process, a child, sees. False where that is not
/// allowed.
inline bool mount_small_disk(const std::string& folder, const char* options) {
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", folder.c_str(), "tmpfs", 0, options) == 0;
}
inline const char* const not_mounted = "a file system cannot be mounted here";

}  // namespace test
