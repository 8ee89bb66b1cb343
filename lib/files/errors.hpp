// SPDX-License-Identifier: MIT
// How the library says what is wrong with a file; the rest of this folder knows nothing of it.
#pragma once

#include "files/descriptor.hpp"
#include "text.hpp"

#include <xtape/error.hpp>

namespace xtape::inline XTAPE_ABI {

/// Throws DataError: `[op] cannot write <path>: <why>`.
inline files::Fail file_errors(const Op& op) {
  return [op](const char* what, const std::string& path, const std::string& why) {
    throw DataError(op, text(what, ' ', path, ": ", why));
  };
}
inline files::Fail file_errors(const char* op) { return file_errors(Op::nowhere(op)); }

}  // namespace xtape::inline XTAPE_ABI
