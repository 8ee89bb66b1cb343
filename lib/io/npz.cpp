// SPDX-License-Identifier: MIT
#include <xtape/io/npz.hpp>

#include "io/half.hpp"
#include "io/npy.hpp"
#include "io/weights_file.hpp"
#include "io/zip.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <bit>

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

float to_float(std::uint32_t bits) { return std::bit_cast<float>(bits); }
double to_double(std::uint64_t bits) { return std::bit_cast<double>(bits); }

std::uint16_t swapped(std::uint16_t bits) { return __builtin_bswap16(bits); }
std::uint32_t swapped(std::uint32_t bits) { return __builtin_bswap32(bits); }
std::uint64_t swapped(std::uint64_t bits) { return __builtin_bswap64(bits); }

template <class Bits, class Convert>
void read_elements(zip::Stream& stream, Array& array, bool big_endian, Convert convert) {
  std::array<Bits, 4096> chunk;
  for (std::size_t first = 0; first < array.size(); first += chunk.size()) {
    const std::size_t count = std::min(chunk.size(), array.size() - first);
    stream.read(chunk.data(), count * sizeof(Bits));
    for (std::size_t i = 0; i < count; ++i)
      array.data()[first + i] =
          static_cast<Scalar>(convert(big_endian ? swapped(chunk[i]) : chunk[i]));
  }
}

// Reads an array, which must be of that shape.
Array read_array(zip::Stream& stream, const Shape& shape) {
  const npy::Header header = read_header(stream);
  if (header.shape != shape)
    stream.fail(text("has the shape ", header.shape, ", expected ", shape));
  Array array = uninitialized(shape);
  const bool big_endian = header.type.starts_with('>');
  const std::string_view elements = npy::without_order(header.type);
  if (header.type == npy::scalar_type)
    stream.read(array.data(), array.size() * sizeof(Scalar));
  else if (elements == "f2")
    read_elements<std::uint16_t>(stream, array, big_endian, from_half);
  else if (elements == "f4")
    read_elements<std::uint32_t>(stream, array, big_endian, to_float);
  else if (elements == "f8")
    read_elements<std::uint64_t>(stream, array, big_endian, to_double);
  else
    stream.fail(text("has elements of type ", header.type, ", expected <f2, <f4 or <f8"));
  stream.finish();
  if (!header.fortran_order) return array;
  Axes reversed;
  for (std::size_t axis = shape.size(); axis-- > 0;)
    reversed.push_back(static_cast<std::ptrdiff_t>(axis));
  return permuted(array, {shape.rbegin(), shape.rend()}, reversed);
}

class NpzFile final : public WeightsFile {
 public:
  explicit NpzFile(const std::string& path) : archive_{path} {}

  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto& [file, entry] : archive_.entries())
      names.push_back(file.ends_with(suffix) ? file.substr(0, file.size() - suffix.size()) : file);
    return names;
  }
  bool has(const std::string& name) const override {
    return archive_.entries().contains(text(name, suffix));
  }
  Shape shape(const std::string& name) const override {
    zip::Stream stream = open(name);
    return read_header(stream).shape;
  }
  Array read(const std::string& name, const Shape& shape) const override {
    zip::Stream stream = open(name);
    return read_array(stream, shape);
  }
  std::string shown(const std::string& name) const override {
    return text("the file ", name, has(name) ? suffix : "");
  }
  [[noreturn]] void fail(const std::string& what, const std::string& hint) const override {
    archive_.fail(what, hint);
  }

 private:
  zip::Stream open(const std::string& name) const {
    return {archive_, archive_.entries().at(text(name, suffix)), name};
  }

  zip::Reader archive_;
};

}  // namespace

void save_npz_weights(const std::string& path, const std::vector<NamedArray>& arrays,
                      const WeightsOptions& options) {
  if (!options.settings.empty())
    throw ValueError(Op::nowhere("save"), "npz has no place for settings", "save as safetensors");
  const std::vector<FileLayout> layouts = file_layouts("save", arrays, options);
  std::vector<Value> values;  // as they are in the file
  std::vector<std::string> headers;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    values.push_back(layouts[i].to_file(arrays[i].value()));
    headers.push_back(npy::header(values[i]->shape()));
  }
  std::vector<zip::Item> items;
  for (std::size_t i = 0; i < arrays.size(); ++i)
    items.push_back(
        {text(layouts[i].name, suffix),
         {headers[i],
          {reinterpret_cast<const char*>(values[i]->data()), values[i]->size() * sizeof(Scalar)}}});
  zip::write(path, items);
}

LoadReport load_npz_weights(const std::string& path, const std::vector<NamedArray>& arrays,
                            const WeightsOptions& options) {
  const std::vector<FileLayout> layouts = file_layouts("load", arrays, options);
  return load_arrays(NpzFile{path}, arrays, layouts, options.partial);
}

}  // namespace xtape::inline XTAPE_ABI
