// SPDX-License-Identifier: MIT
// Linked into each example: what a program prints arrives, or its status and a message on stderr say that it
// did not. As GNU's programs do.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace {

// The descriptor of a stream that was closed by who started the program would be that of the next file, and
// what is printed would end up there. Nothing can be read from, or written to, what takes its place.
void reserve(int descriptor) {
  if (::fcntl(descriptor, F_GETFD) < 0)
    ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

// A status that tells of something else, such as an interruption, stays.
void check_output(int status, void*) {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  const char* const cause = errno != 0 ? std::strerror(errno) : "it could not be written";
  std::fprintf(stderr, "%s: what was printed is lost: %s\n", program_invocation_short_name, cause);
  std::_Exit(status != 0 ? status : EXIT_FAILURE);
}

// Before main.
[[gnu::constructor]] void begin() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor)
    reserve(descriptor);
  std::signal(SIGPIPE, SIG_IGN);  // what is worked out outlives who reads along
  ::on_exit(check_output, nullptr);
}

}  // namespace
