// SPDX-License-Identifier: MIT
// System calls that fail as some file systems let them fail.
#pragma once

#include <cerrno>
#include <cstddef>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

namespace test {

/// Asks a program about each system call of this process from now on. False where that is not allowed.
template <std::size_t count>
bool ask(sock_filter (&steps)[count]) {
  const struct sock_fprog program = {count, steps};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// From now on the system answers this call of this process, a child, in such a way, such as
/// SECCOMP_RET_ERRNO | EINVAL. False where that is not allowed.
inline bool answer(long call, unsigned how) {
  struct sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, how),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  return ask(steps);
}
inline bool refuse(long call, int error) {
  return answer(call, SECCOMP_RET_ERRNO | static_cast<unsigned>(error));
}

/// From now on such a call fails where any of these bits is set in its argument of that number, from 0.
inline bool refuse_with(long call, unsigned argument, unsigned bits, int error) {
  const unsigned low_half = offsetof(struct seccomp_data, args) + 8 * argument;
  struct sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, low_half),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  return ask(steps);
}

/// From now on files without a name cannot be made.
inline bool refuse_nameless_files(int error) {
  return refuse_with(SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, error);
}

inline const char* const not_refused = "system calls cannot be made to fail here";

#ifdef __x86_64__
inline int answers = 0;  // how many calls were answered

/// The first call of these is interrupted, and what comes after is done, in vain.
inline bool interrupt_first(long call) {
  struct sigaction action = {};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t*, void* context) {
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    registers[REG_RAX] = ++answers == 1 ? -EINTR : 0;
  };
  return ::sigaction(SIGSYS, &action, nullptr) == 0 && answer(call, SECCOMP_RET_TRAP);
}
#endif

}  // namespace test
