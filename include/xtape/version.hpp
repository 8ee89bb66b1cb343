// SPDX-License-Identifier: MIT
/// \file
/// The version, by the rules of https://semver.org; before 1.0.0 a new minor version may break programs.
#pragma once

#include <xtape/config.hpp>

#define XTAPE_VERSION_MAJOR 0  ///< rises with changes that break programs
#define XTAPE_VERSION_MINOR 1  ///< rises with additions
#define XTAPE_VERSION_PATCH 0  ///< rises with corrections

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// The version of the library that runs, such as `0.1.0`; XTAPE_VERSION_MAJOR and its like are those of
/// the headers.
const char* version() noexcept;

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
