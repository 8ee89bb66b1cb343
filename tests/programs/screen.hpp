// SPDX-License-Identifier: MIT
// A terminal, for programs to be run on, and what a person sees there.
#pragma once

#include "support.hpp"

/// A terminal's size and what TERM says of it.
struct Terminal {
  unsigned short rows = 24, columns = 80;
  std::string kind = "xterm";
};

/// Runs a command of the shell on a terminal; `out` is all that it wrote there.
Outcome run_on(const Terminal& terminal, const std::string& command);

/// The lines that such a terminal shows in the end, and those that have scrolled away before them.
std::vector<std::string> shown(const Terminal& terminal, const std::string& written);
