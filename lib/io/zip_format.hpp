// SPDX-License-Identifier: MIT
// Where the fields of a ZIP archive's records are, in bytes, and their size.
#pragma once

#include <xtape/config.hpp>

#include <cstdint>
#include <string_view>

namespace xtape::inline XTAPE_ABI::zip {

struct Field {
  std::size_t at, size;
};

/// Before the bytes of each file.
namespace local {
inline constexpr std::string_view signature{"PK\3\4"};
inline constexpr std::size_t size = 30;
inline constexpr Field name_length{26, 2}, extra_length{28, 2};
}  // namespace local

/// For each file, in the directory at the end.
namespace central {
inline constexpr std::string_view signature{"PK\1\2"};
inline constexpr std::size_t size = 46;
inline constexpr Field flags{8, 2}, method{10, 2}, crc{16, 4}, compressed{20, 4},
    uncompressed{24, 4}, name_length{28, 2}, extra_length{30, 2}, comment_length{32, 2},
    offset{42, 4};
}  // namespace central

/// After the directory.
namespace end {
inline constexpr std::string_view signature{"PK\5\6"};
inline constexpr std::size_t size = 22;
inline constexpr Field entries{10, 2}, directory_size{12, 4}, directory{16, 4},
    comment_length{20, 2};
}  // namespace end

inline constexpr std::uint16_t encrypted = 1, utf8 = 1 << 11;  // flags
inline constexpr std::uint16_t stored = 0, deflated = 8;       // methods
/// What fields have whose value is in a record of ZIP64.
inline constexpr std::uint32_t elsewhere = 0xffffffff;
inline constexpr std::uint32_t entries_elsewhere = 0xffff;

/// A number, little-endian.
inline std::uint32_t get(std::string_view record, Field field) {
  std::uint32_t number = 0;
  for (std::size_t i = field.size; i-- > 0;)
    number = number << 8 | static_cast<unsigned char>(record[field.at + i]);
  return number;
}

}  // namespace xtape::inline XTAPE_ABI::zip
