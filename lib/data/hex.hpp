// SPDX-License-Identifier: MIT
// Bytes as hexadecimal digits.
#pragma once

#include <xtape/config.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace xtape::inline XTAPE_ABI::data {

inline std::string hex(std::span<const std::uint8_t> bytes) {
  std::string digits;
  for (const std::uint8_t byte : bytes)
    for (const int digit : {byte >> 4, byte & 15}) digits += "0123456789abcdef"[digit];
  return digits;
}

}  // namespace xtape::inline XTAPE_ABI::data
