// SPDX-License-Identifier: MIT
// Ctrl-C as a request to stop, not as an end.
#pragma once

namespace experiment {

/// From now on SIGINT and SIGTERM ask this process to stop, unless it was started to ignore them; a second
/// one ends it at once.
void catch_interrupts();

/// Whether one has come.
bool interrupted() noexcept;

/// The exit status of a program that was asked to stop: 128 and the signal's number, as shells have it.
int interrupted_status() noexcept;

}  // namespace experiment
