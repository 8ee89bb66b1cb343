// SPDX-License-Identifier: MIT
// Texts in JSON. The library that knows JSON is large to compile, and who writes little of it needs no more than
// this.
#pragma once

#include <xtape/config.hpp>

#include <string>
#include <string_view>

namespace xtape::inline XTAPE_ABI {

/// Whether a text is UTF-8, as JSON's texts are.
bool is_utf8(std::string_view text);

/// A text as JSON, in quotes; what is no UTF-8 in it becomes U+FFFD.
std::string json_string(std::string_view text);

}  // namespace xtape::inline XTAPE_ABI
