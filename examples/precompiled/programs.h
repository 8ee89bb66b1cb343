// SPDX-License-Identifier: MIT
// What the programs are made of, parsed once for all their sources. CLI11 is not among it: each object that has seen
// it has its tables, which takes longer than parsing it where it is used.
#include <fmt/format.h>
#include <xtape/xtape.hpp>
