// SPDX-License-Identifier: MIT
// System calls that fail as some file systems let them fail.
#pragma once

#include <cerrno>
#include <cstddef>
#include <iterator>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

namespace test {

/// From now on the system answers this call of this process, a child, in such a way, such as
/// SECCOMP_RET_ERRNO | EINVAL. False where that is not allowed.
inline bool answer(long call, unsigned how) {
  struct sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, how),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = {std::size(steps), steps};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
inline bool refuse(long call, int error) {
  return answer(call, SECCOMP_RET_ERRNO | static_cast<unsigned>(error));
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
