// SPDX-License-Identifier: MIT
// The format safetensors (https://github.com/huggingface/safetensors): eight bytes with the length of a
// header, the header in JSON, and the elements of all tensors, little-endian, without gaps.
#pragma once

#include "files/input_file.hpp"

#include <xtape/array.hpp>

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace xtape::inline XTAPE_ABI::safetensors {

/// The format's name for the elements of an Array.
inline constexpr std::string_view scalar_type = sizeof(Scalar) == 4 ? "F32" : "F64";

/// What a header says of a tensor.
struct Tensor {
  std::string_view dtype;            ///< one of the format's element types
  Shape shape;                       ///< at most 64 axes
  std::uint64_t begin = 0, end = 0;  ///< where its elements are, from the end of the header on
};
using Tensors = std::map<std::string, Tensor, std::less<>>;        ///< by name
using Metadata = std::map<std::string, std::string, std::less<>>;  ///< texts by key

/// A header, checked: the tensors cover the data that follow it, each of the length that its type and
/// shape say, without gaps or overlaps.
struct Header {
  Tensors tensors;
  Metadata metadata;
};

/// Reads and checks a header that `data_size` bytes follow. Throws DataError with the path. Needs memory
/// for a few times the text's length, and no block longer than it by more than a megabyte.
Header parse_header(const std::string& path, std::string_view text, std::uint64_t data_size);

/// A file to read. All functions throw DataError, which names the file and the tensor.
class Reader {
 public:
  using Entry = Tensors::value_type;  ///< a name and its tensor

  /// Opens a file, reads its header and checks it.
  explicit Reader(const std::string& path);

  const Tensors& tensors() const noexcept { return header_.tensors; }
  const Metadata& metadata() const noexcept { return header_.metadata; }
  /// The tensor of that name. Throws if there is none, or if its elements are of none of these types.
  const Entry& find(std::string_view name, std::initializer_list<std::string_view> dtypes) const;
  /// Throws if the tensor has another shape.
  void check_shape(const Entry& entry, const Shape& shape) const;

  /// Reads the elements as they are.
  void read(const Entry& entry, void* elements) const;
  /// Reads elements of the types F16, BF16, F32 and F64.
  Array read_array(const Entry& entry) const;

  /// Throws: `[load] <path><what>`.
  [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const;
  /// Throws: `[load] <path>: the array <name> <what>`.
  [[noreturn]] void fail(const Entry& entry, const std::string& what) const;

 private:
  template <class Element, class Convert>
  void convert(const Entry& entry, Array& array, Convert convert) const;

  files::InputFile file_;
  Header header_;
  std::uint64_t data_ = 0;  // where they begin
};

/// A tensor to write.
struct Item {
  std::string name;
  std::string_view dtype;
  Shape shape;
  const void* data;
  std::size_t size;  ///< of the data, in bytes
};
/// The elements of an array, which is to outlive the item.
inline Item item(std::string name, const Array& array) {
  return {std::move(name), scalar_type, array.shape(), array.data(), array.size() * sizeof(Scalar)};
}

/// The header of a file with these tensors, in their order, padded so that what follows it is aligned. Throws
/// DataError if two of them have the same name or if a text is no UTF-8.
std::string header_of(const std::vector<Item>& items, const Metadata& metadata);

/// Writes a file in place of what is there, whose bytes depend on nothing but the arguments. Throws
/// DataError if that fails, if two tensors have the same name or if a text is no UTF-8.
void write(const std::string& path, std::vector<Item> items, const Metadata& metadata = {});

}  // namespace xtape::inline XTAPE_ABI::safetensors
