// SPDX-License-Identifier: MIT
// The header of a .npy file (numpy's lib/format.py): a magic text, a version, a length and a dictionary of
// Python's that describes the elements after it.
#pragma once

#include <xtape/array.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace xtape::inline XTAPE_ABI::npy {

/// What the dictionary says.
struct Header {
  std::string type;  ///< of the elements, such as <f4: little-endian, a float, of four bytes
  bool fortran_order = false;  ///< the first axis is the fastest
  Shape shape = {};
};

/// A type without the order of its bytes, which is little-endian, big-endian, or what the machine's is.
inline std::string_view without_order(std::string_view type) {
  return type.substr(!type.empty() && std::string_view{"<>="}.find(type[0]) != type.npos);
}

/// What numpy calls the elements of an Array.
inline constexpr std::string_view scalar_type = sizeof(Scalar) == 4 ? "<f4" : "<f8";

/// All that is before the elements of an array.
std::string header(const Shape& shape);

/// What is before the length: the magic text and two bytes of the version.
inline constexpr std::string_view magic{"\x93NUMPY"};
inline constexpr std::size_t longest_dictionary = std::size_t{1} << 16;

/// Reads a dictionary; nothing if it is none, or has other keys.
std::optional<Header> parse(std::string_view dictionary);

}  // namespace xtape::inline XTAPE_ABI::npy
