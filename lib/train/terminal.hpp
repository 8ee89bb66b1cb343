// SPDX-License-Identifier: MIT
// What a terminal can show.
#pragma once

#include <xtape/config.hpp>

#include <cstddef>
#include <cstdio>

namespace xtape::inline XTAPE_ABI {

/// Whether a line that was written to it can be taken back: it is a terminal, and by what TERM says not one
/// that knows no control sequences.
bool can_redraw(std::FILE* file);

/// How many characters a line can have that stays one: asked of the terminal anew, as windows change, else of
/// COLUMNS, else 79. It is one less than the columns, as some terminals begin a new line after the last.
std::size_t line_width(std::FILE* file);

}  // namespace xtape::inline XTAPE_ABI
