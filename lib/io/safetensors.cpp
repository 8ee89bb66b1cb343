// SPDX-License-Identifier: MIT
#include "io/safetensors.hpp"

#include "files/errors.hpp"
#include "files/new_file.hpp"
#include "io/half.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace xtape::inline XTAPE_ABI::safetensors {
namespace {

static_assert(std::endian::native == std::endian::little,
              "elements are read and written as they are");

constexpr std::uint64_t longest_header = 100'000'000;  // as in the reference implementation

// A BF16 is the first half of a float.
float from_bfloat(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

std::size_t width(const Item& item) { return item.dtype.ends_with("64") ? 8 : 4; }

}  // namespace

Reader::Reader(const std::string& path) : file_{path, file_errors("load")} {
  std::uint64_t length = 0;
  if (file_.size() < sizeof length) fail(" is no safetensors file: it has less than 8 bytes");
  file_.read_at(0, &length, sizeof length);
  if (length > file_.size() - sizeof length || length > longest_header)
    fail(" is no safetensors file: its header is longer than the file");
  data_ = sizeof length + length;
  std::string header(length, '\0');
  file_.read_at(sizeof length, header.data(), length);
  header_ = parse_header(path, header, file_.size() - data_);
}

const Reader::Entry& Reader::find(std::string_view name,
                                  std::initializer_list<std::string_view> dtypes) const {
  const auto entry = header_.tensors.find(name);
  if (entry == header_.tensors.end()) fail(text(" has no array called ", name));
  const std::string_view dtype = entry->second.dtype;
  if (std::ranges::find(dtypes, dtype) != dtypes.end()) return *entry;
  std::string expected;
  for (const std::string_view each : dtypes) expected += text(expected.empty() ? "" : " or ", each);
  fail(*entry, text("has elements of type ", dtype, ", expected ", expected));
}

void Reader::check_shape(const Entry& entry, const Shape& shape) const {
  if (entry.second.shape != shape)
    fail(entry, text("has the shape ", entry.second.shape, ", expected ", shape));
}

void Reader::read(const Entry& entry, void* elements) const {
  const Tensor& tensor = entry.second;
  file_.read_at(data_ + tensor.begin, elements, tensor.end - tensor.begin);
}

Array Reader::read_array(const Entry& entry) const {
  const auto same = [](auto number) { return number; };
  const std::string_view dtype = entry.second.dtype;
  Array array = uninitialized(entry.second.shape);
  if (dtype == scalar_type)
    read(entry, array.data());
  else if (dtype == "F16")
    convert<std::uint16_t>(entry, array, from_half);
  else if (dtype == "BF16")
    convert<std::uint16_t>(entry, array, from_bfloat);
  else if (dtype == "F32")
    convert<float>(entry, array, same);
  else
    convert<double>(entry, array, same);
  return array;
}

template <class Element, class Convert>
void Reader::convert(const Entry& entry, Array& array, Convert convert) const {
  std::array<Element, 4096> chunk;
  for (std::size_t first = 0; first < array.size(); first += chunk.size()) {
    const std::size_t count = std::min(chunk.size(), array.size() - first);
    file_.read_at(data_ + entry.second.begin + first * sizeof(Element), chunk.data(),
                  count * sizeof(Element));
    for (std::size_t i = 0; i < count; ++i)
      array.data()[first + i] = static_cast<Scalar>(convert(chunk[i]));
  }
}

void Reader::fail(const std::string& what, const std::string& hint) const {
  throw DataError(Op::nowhere("load"), file_.path() + what, hint);
}

void Reader::fail(const Entry& entry, const std::string& what) const {
  fail(text(": the array ", entry.first, ' ', what));
}

void write(const std::string& path, std::vector<Item> items, const Metadata& metadata) {
  // Wide elements first, so that each is aligned.
  std::ranges::stable_sort(items, std::greater{}, width);
  const std::string header = header_of(items, metadata);
  const std::uint64_t length = header.size();
  files::NewFile file{path, file_errors("save")};
  file.write(&length, sizeof length);
  file.write(header.data(), header.size());
  for (const Item& item : items) file.write(item.data, item.size);
  file.commit();
}

}  // namespace xtape::inline XTAPE_ABI::safetensors
