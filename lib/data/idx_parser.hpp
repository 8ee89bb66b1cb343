// SPDX-License-Identifier: MIT
// The parser of IDX files, for bytes that are not in a file.
#pragma once

#include <xtape/data/idx.hpp>

#include "data/idx_stream.hpp"

#include <functional>

namespace xtape::inline XTAPE_ABI::data {

/// What a compressed file may hold: a small one that is damaged, or made for it, may unfold without end.
inline constexpr std::size_t most_unfolded = std::size_t{1} << 30;

/// Reads the whole stream as an IDX file. `check`, if any, throws for a shape that is not wanted, and a
/// compressed stream holds at most `most` bytes: nothing is unfolded for a header that says otherwise. Throws
/// DataError, also where there is no memory for what is read.
Idx parse_idx(IdxStream& stream, const std::function<void(const Shape&)>& check = {},
              std::size_t most = most_unfolded);

}  // namespace xtape::inline XTAPE_ABI::data
