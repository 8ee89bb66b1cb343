// SPDX-License-Identifier: MIT
#include "interrupt.hpp"

#include <csignal>

namespace experiment {
namespace {

volatile std::sig_atomic_t signal_that_came = 0;

void catch_signal(int number) {
  struct sigaction action = {}, before = {};
  action.sa_handler = [](int came) { signal_that_came = came; };
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(number, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
}

}  // namespace

void catch_interrupts() {
  catch_signal(SIGINT);
  catch_signal(SIGTERM);
}

bool interrupted() noexcept { return signal_that_came != 0; }

int interrupted_status() noexcept { return 128 + signal_that_came; }

}  // namespace experiment
