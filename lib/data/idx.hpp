// SPDX-License-Identifier: MIT
// The parser of IDX files, for bytes that are not in a file.
#pragma once

#include <xtape/data/idx.hpp>

#include "data/byte_stream.hpp"

namespace xtape::inline XTAPE_ABI::data {

/// Reads the whole stream as an IDX file. Throws DataError.
Idx parse_idx(ByteStream& stream);

/// The header of an IDX file of unsigned bytes: with the elements after it, the file.
std::vector<std::uint8_t> idx_header(const Shape& shape);

}  // namespace xtape::inline XTAPE_ABI::data
