// SPDX-License-Identifier: MIT
/// \file
/// Asking before a training whether its files can be written after it.
#pragma once

#include <xtape/config.hpp>

#include <string>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Throws DataError, as `save` would, if a file cannot be written: it does all that writing one takes, up to
/// the last step, and leaves what is there as it is. So a wrong folder, a link into a folder that is not
/// there, a device or a name that is too long is found before a training and not after it; a disk that fills
/// up meanwhile is not. The error begins with the name of an op: `[save] cannot write <path>: <why>`.
void check_writable(const std::string& path, const char* op = "save");

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
