// SPDX-License-Identifier: MIT
// Ctrl-C as a request to stop, not as an end.
#pragma once

namespace experiment {

/// From when it is made, SIGINT and SIGTERM ask this process to stop; a second one ends it at once.
void catch_interrupts();

/// Whether one has come.
bool interrupted() noexcept;

/// The exit status of a program that was asked to stop, as shells expect it.
inline constexpr int interrupted_status = 130;

}  // namespace experiment
