// SPDX-License-Identifier: MIT
// What the trainer and the comparison are made of, parsed once for all their sources.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <xtape/xtape.hpp>
