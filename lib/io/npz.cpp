// SPDX-License-Identifier: MIT
#include <xtape/io/npz.hpp>

#include "io/half.hpp"
#include "io/layout.hpp"
#include "io/npy.hpp"
#include "io/zip.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <set>

namespace xtape::inline XTAPE_ABI {
namespace {

static_assert(std::endian::native == std::endian::little,
              "elements are read and written as they are");

constexpr std::string_view suffix = ".npy";

// Reads what is before the elements, and no more of it than is reasonable.
npy::Header read_header(zip::Stream& stream) {
  std::array<char, npy::magic.size() + 2> start;
  stream.read(start.data(), start.size());
  if (!std::string_view{start.data(), start.size()}.starts_with(npy::magic))
    stream.fail("is no npy file");
  const char version = start[npy::magic.size()];
  if (version < 1 || version > 3) stream.fail(text("has the npy version ", int{version}));
  std::uint32_t length = 0;
  stream.read(&length, version == 1 ? 2 : 4);
  if (length > npy::longest_dictionary) stream.fail("has a header that is too long");
  std::string dictionary(length, '\0');
  stream.read(dictionary.data(), length);
  const std::optional<npy::Header> header = npy::parse(dictionary);
  if (!header) stream.fail("has a header that is no npy file's");
  return *header;
}

template <class Element, class Convert>
void read_elements(zip::Stream& stream, Array& array, Convert convert) {
  std::array<Element, 4096> chunk;
  for (std::size_t first = 0; first < array.size(); first += chunk.size()) {
    const std::size_t count = std::min(chunk.size(), array.size() - first);
    stream.read(chunk.data(), count * sizeof(Element));
    for (std::size_t i = 0; i < count; ++i)
      array.data()[first + i] = static_cast<Scalar>(convert(chunk[i]));
  }
}

// Reads an array, which must be of that shape.
Array read_array(zip::Stream& stream, const Shape& shape) {
  const npy::Header header = read_header(stream);
  if (header.shape != shape)
    stream.fail(text("has the shape ", header.shape, ", expected ", shape));
  const auto same = [](auto number) { return number; };
  Array array = uninitialized(shape);
  if (header.type == npy::scalar_type)
    stream.read(array.data(), array.size() * sizeof(Scalar));
  else if (header.type == "<f2")
    read_elements<std::uint16_t>(stream, array, from_half);
  else if (header.type == "<f4")
    read_elements<float>(stream, array, same);
  else if (header.type == "<f8")
    read_elements<double>(stream, array, same);
  else
    stream.fail(text("has elements of type ", header.type, ", expected <f2, <f4 or <f8"));
  stream.finish();
  if (!header.fortran_order) return array;
  Axes reversed;
  for (std::size_t axis = shape.size(); axis-- > 0;)
    reversed.push_back(static_cast<std::ptrdiff_t>(axis));
  return permuted(array, {shape.rbegin(), shape.rend()}, reversed);
}

}  // namespace

void save_npz_weights(const std::string& path, const std::vector<NamedParameter>& parameters,
                      const WeightsOptions& options) {
  const std::vector<FileLayout> layouts = file_layouts("save", parameters, options);
  std::vector<Value> values;  // as they are in the file
  std::vector<std::string> headers;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    values.push_back(layouts[i].to_file(parameters[i].parameter->shared_value()));
    headers.push_back(npy::header(values[i]->shape()));
  }
  std::vector<zip::Item> items;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    items.push_back(
        {text(parameters[i].name, suffix),
         {headers[i],
          {reinterpret_cast<const char*>(values[i]->data()), values[i]->size() * sizeof(Scalar)}}});
  zip::write(path, items);
}

void load_npz_weights(const std::string& path, const std::vector<NamedParameter>& parameters,
                      const WeightsOptions& options) {
  const std::vector<FileLayout> layouts = file_layouts("load", parameters, options);
  const zip::Reader archive{path};
  std::set<std::string_view> unread;
  for (const auto& [name, entry] : archive.entries()) unread.insert(name);
  std::vector<Array> values;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto& [name, parameter] = parameters[i];
    const auto entry = archive.entries().find(text(name, suffix));
    if (entry == archive.entries().end()) archive.fail(text(" has no array called ", name));
    zip::Stream stream{archive, entry->second, name};
    values.push_back(
        layouts[i].from_file(read_array(stream, layouts[i].shape(parameter->shape()))));
    unread.erase(entry->first);
  }
  if (!unread.empty())
    archive.fail(text(" has the file ", *unread.begin(), ", which the model does not have"));
  for (std::size_t i = 0; i < parameters.size(); ++i)
    parameters[i].parameter->value() = std::move(values[i]);
}

}  // namespace xtape::inline XTAPE_ABI
