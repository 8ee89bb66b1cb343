// SPDX-License-Identifier: MIT
#include <xtape/data/idx.hpp>

#include "data/hex.hpp"
#include "data/idx_parser.hpp"
#include "files/errors.hpp"

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

void check_images(const std::string& path, const Shape& shape) {
  if (shape.size() != 3 && shape.size() != 4)
    fail(path, text("expected images of shape (N, H, W), found ", shape),
         shape.size() == 1 ? "these are labels" : "");
}

Shape image_shape(const Shape& shape) {
  return {shape[1], shape[2], shape.size() == 4 ? shape[3] : 1};
}

// Labels, of which `check` looks at how many they are to be.
std::vector<std::uint8_t> read_labels_if(const std::string& path,
                                         const std::function<void(const Shape&)>& check) {
  constexpr std::size_t most = most_unfolded / sizeof(std::int32_t);
  Idx idx = read_if(
      path,
      [&](const Shape& shape) {
        if (shape.size() != 1)
          fail(path, text("expected labels of shape (N,), found ", shape),
               shape.size() == 3 ? "these are images" : "");
        if (check) check(shape);
      },
      most);
  return std::move(idx.bytes);
}

std::vector<std::int32_t> to_ids(const std::string& path, const std::vector<std::uint8_t>& bytes) {
  std::vector<std::int32_t> ids;
  in_memory(path, {bytes.size()}, [&] { ids.assign(bytes.begin(), bytes.end()); });
  return ids;
}

struct Labels {
  std::vector<std::uint8_t> bytes;
  std::size_t classes;
};

// Those of images of that shape. With 0 classes there is one more than the largest label.
Labels labels_of(const std::string& images_path, const Shape& shape, const std::string& labels_path,
                 std::size_t classes) {
  std::vector<std::uint8_t> labels = read_labels_if(labels_path, [&](const Shape& found) {
    if (found[0] != shape[0])
      fail(labels_path, text("expected ", shape[0], " labels for the images in ", images_path,
                             ", found ", found[0]));
  });
  const auto largest = std::ranges::max_element(labels);
  if (classes == 0) classes = largest == labels.end() ? 1 : std::size_t{*largest} + 1;
  if (largest != labels.end() && *largest >= classes)
    fail(labels_path, text("expected labels less than ", classes, ", found ", int{*largest},
                           " at index ", largest - labels.begin()));
  if (std::find(shape.begin() + 1, shape.end(), 0u) != shape.end())
    fail(images_path, text("expected images of at least one pixel, found ", shape));
  return {std::move(labels), classes};
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
  return read_if(path, [&](const Shape& shape) { check_images(path, shape); });
}

std::vector<std::int32_t> read_labels(const std::string& path) {
  return to_ids(path, read_labels_if(path, {}));
}

ImageDataset load_images_and_labels(const std::string& images_path, const std::string& labels_path,
                                    const IdxOptions& options) {
  Idx images = read_images(images_path);
  const Labels labels = labels_of(images_path, images.shape, labels_path, options.classes);
  const Shape image = image_shape(images.shape);
  const std::filesystem::path path{images_path};
  return ImageDataset{
      {.pixels = std::move(images.bytes),
       .labels = to_ids(labels_path, labels.bytes),
       .height = image[0],
       .width = image[1],
       .channels = image[2],
       .classes = labels.classes,
       .name = options.name.empty() ? path.filename().string() : options.name,
       .source = options.source.empty() ? path.parent_path().string() : options.source}};
}

ImageFiles open_images_and_labels(const std::string& images_path, const std::string& labels_path,
                                  std::size_t classes) {
  IdxStream stream{images_path};
  if (stream.compressed())
    fail(images_path, "expected a file that is not compressed, found gzip", "unpack it first");
  const Shape shape = read_shape(stream);
  check_images(images_path, shape);
  const std::size_t begin = 4 * (1 + shape.size()), expected = body_size(stream, shape);
  const auto file = std::make_shared<const files::InputFile>(images_path, file_errors("idx"));
  if (const std::uint64_t found = file->size() - begin; found != expected)
    fail(images_path, text("expected ", expected, " bytes for ", shape, ", found ", found),
         found < expected ? "the file is cut short" : "");
  const auto labels =
      std::make_shared<const Labels>(labels_of(images_path, shape, labels_path, classes));
  return {shape[0], image_shape(shape), labels->classes,
          [=](std::size_t index, std::span<std::uint8_t> pixels) {
            file->read_at(begin + index * pixels.size(), pixels.data(), pixels.size());
            return std::int32_t{labels->bytes[index]};
          }};
}

}  // namespace xtape::inline XTAPE_ABI::data
