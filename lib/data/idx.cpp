// SPDX-License-Identifier: MIT
#include <xtape/data/idx.hpp>

#include "data/hex.hpp"
#include "data/idx_parser.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace xtape::inline XTAPE_ABI::data {
namespace {

// The header: two zero bytes, the element type, the number of axes, and each size as four bytes,
// the most significant first.
constexpr std::uint8_t unsigned_byte = 0x08;

[[noreturn]] void fail(const std::string& name, const std::string& what,
                       const std::string& hint = {}) {
  throw DataError(Op::nowhere("idx"), name + ": " + what, hint);
}

constexpr std::pair<std::uint8_t, const char*> element_types[] = {
    {unsigned_byte, "unsigned bytes"}, {0x09, "signed bytes"}, {0x0b, "16-bit integers"},
    {0x0c, "32-bit integers"},         {0x0d, "floats"},       {0x0e, "doubles"}};

void read_header(IdxStream& stream, std::span<std::uint8_t> out, std::string_view what) {
  const std::size_t count = stream.read(out);
  if (count != out.size())
    fail(stream.name(), text("expected ", out.size(), " bytes of ", what, ", found ", count),
         count == 0 && what == "magic" ? "the file is empty" : "the file is cut short");
}

Shape read_shape(IdxStream& stream) {
  std::array<std::uint8_t, 4> magic;
  read_header(stream, magic, "magic");
  const auto type = std::ranges::find(element_types, magic[2], [](auto& row) { return row.first; });
  if (magic[0] != 0 || magic[1] != 0 || type == std::end(element_types) || magic[3] == 0)
    fail(stream.name(), "expected the magic 000008 and a number of axes, found " + hex(magic),
         "this is no IDX file");
  if (magic[2] != unsigned_byte)
    fail(stream.name(), text("expected elements that are unsigned bytes, found ", type->second));

  Shape shape(magic[3]);
  for (std::size_t& size : shape) {
    std::array<std::uint8_t, 4> bytes;
    read_header(stream, bytes, "an axis' size");
    size = std::size_t{bytes[0]} << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
  }
  return shape;
}

// The number of bytes that the header asks for.
std::size_t body_size(const IdxStream& stream, const Shape& shape) {
  if (std::find(shape.begin(), shape.end(), 0u) != shape.end()) return 0;
  std::size_t count = 1;
  for (std::size_t size : shape)
    if (__builtin_mul_overflow(count, size, &count) ||
        count > std::numeric_limits<std::ptrdiff_t>::max())
      fail(stream.name(), text("expected a size that fits in memory, found ", shape));
  return count;
}

// Has memory taken for what is read.
void in_memory(const std::string& name, const Shape& shape, const std::function<void()>& take) {
  try {
    take();
  } catch (const std::bad_alloc&) {
    fail(name, text("expected a size that fits in memory, found ", shape));
  }
}

Idx read_if(const std::string& path, const std::function<void(const Shape&)>& check,
            std::size_t most = most_unfolded) {
  IdxStream stream{path};
  return parse_idx(stream, check, most);
}

// Labels, of which `check` looks at how many they are to be.
std::vector<std::int32_t> read_labels_if(const std::string& path,
                                         const std::function<void(const Shape&)>& check) {
  constexpr std::size_t most = most_unfolded / sizeof(std::int32_t);
  const Idx idx = read_if(
      path,
      [&](const Shape& shape) {
        if (shape.size() != 1)
          fail(path, text("expected labels of shape (N,), found ", shape),
               shape.size() == 3 ? "these are images" : "");
        if (check) check(shape);
      },
      most);
  std::vector<std::int32_t> labels;
  in_memory(path, idx.shape, [&] { labels.assign(idx.bytes.begin(), idx.bytes.end()); });
  return labels;
}

}  // namespace

Idx parse_idx(IdxStream& stream, const std::function<void(const Shape&)>& check, std::size_t most) {
  Idx idx{read_shape(stream), {}};
  const std::size_t expected = body_size(stream, idx.shape);
  if (check) check(idx.shape);
  if (stream.compressed() && expected > most)
    fail(stream.name(),
         text("expected at most ", most, " bytes when decompressed, found ", idx.shape),
         "if the file is to be as large, decompress it first");
  // The header may lie: grow with what the stream delivers.
  for (std::size_t size = 0; size < expected;) {
    in_memory(stream.name(), idx.shape, [&] {
      idx.bytes.resize(std::min(expected, std::max(2 * size, std::size_t{1} << 16)));
    });
    const std::size_t got = stream.read(std::span{idx.bytes}.subspan(size));
    size += got;
    if (size != idx.bytes.size())
      fail(stream.name(), text("expected ", expected, " bytes for ", idx.shape, ", found ", size),
           "the file is cut short");
  }
  std::uint8_t more;
  if (stream.read({&more, 1}) != 0)
    fail(stream.name(), text("expected ", expected, " bytes for ", idx.shape, ", found more"));
  return idx;
}

Idx read_idx(const std::string& path) { return read_if(path, {}); }

Idx read_images(const std::string& path) {
  return read_if(path, [&](const Shape& shape) {
    if (shape.size() != 3 && shape.size() != 4)
      fail(path, text("expected images of shape (N, H, W), found ", shape),
           shape.size() == 1 ? "these are labels" : "");
  });
}

std::vector<std::int32_t> read_labels(const std::string& path) { return read_labels_if(path, {}); }

ImageDataset load_images_and_labels(const std::string& images_path, const std::string& labels_path,
                                    const IdxOptions& options) {
  Idx images = read_images(images_path);
  const Shape& shape = images.shape;
  std::vector<std::int32_t> labels = read_labels_if(labels_path, [&](const Shape& found) {
    if (found[0] != shape[0])
      fail(labels_path, text("expected ", shape[0], " labels for the images in ", images_path,
                             ", found ", found[0]));
  });
  const auto largest = std::max_element(labels.begin(), labels.end());
  std::size_t classes = options.classes;
  if (classes == 0) classes = largest == labels.end() ? 1 : static_cast<std::size_t>(*largest) + 1;
  if (largest != labels.end() && static_cast<std::size_t>(*largest) >= classes)
    fail(labels_path, text("expected labels less than ", classes, ", found ", *largest,
                           " at index ", largest - labels.begin()));
  if (std::find(shape.begin() + 1, shape.end(), 0u) != shape.end())
    fail(images_path, text("expected images of at least one pixel, found ", shape));

  ImageData data;
  data.height = shape[1];
  data.width = shape[2];
  data.channels = shape.size() == 4 ? shape[3] : 1;
  data.classes = classes;
  data.pixels = std::move(images.bytes);
  data.labels = std::move(labels);
  const std::filesystem::path path{images_path};
  data.name = options.name.empty() ? path.filename().string() : options.name;
  data.source = options.source.empty() ? path.parent_path().string() : options.source;
  return ImageDataset{std::move(data)};
}

}  // namespace xtape::inline XTAPE_ABI::data
