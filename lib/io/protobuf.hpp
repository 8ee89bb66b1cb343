// SPDX-License-Identifier: MIT
// Protocol buffers, to be written (https://protobuf.dev/programming-guides/encoding): a message is its
// fields one after the other, and a field its number and wire type, then its value.
#pragma once

#include <xtape/config.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace xtape::inline XTAPE_ABI::protobuf {

static_assert(std::endian::native == std::endian::little, "numbers are written as they are");

/// The bytes of a number as they lie in memory.
template <class T>
std::string bytes(T number) {
  std::string text(sizeof number, '\0');
  std::memcpy(text.data(), &number, sizeof number);
  return text;
}

/// Seven bits per byte, the lowest first.
inline std::string varint(std::uint64_t number) {
  std::string text;
  for (; number >= 0x80; number >>= 7) text += static_cast<char>(number | 0x80);
  return text + static_cast<char>(number);
}

enum Wire { varint_wire = 0, fixed64_wire = 1, bytes_wire = 2, fixed32_wire = 5 };
inline std::string key(unsigned field, Wire wire) { return varint(field << 3 | wire); }

inline std::string field(unsigned number, double value) {
  return key(number, fixed64_wire) + bytes(value);
}
inline std::string field(unsigned number, float value) {
  return key(number, fixed32_wire) + bytes(value);
}
inline std::string field(unsigned number, std::uint64_t value) {
  return key(number, varint_wire) + varint(value);
}
inline std::string field(unsigned number, std::int64_t value) {
  return field(number, static_cast<std::uint64_t>(value));
}
/// A text, some bytes, or a message.
inline std::string field(unsigned number, std::string_view value) {
  std::string text = key(number, bytes_wire);
  (text += varint(value.size())) += value;
  return text;
}

}  // namespace xtape::inline XTAPE_ABI::protobuf
