// SPDX-License-Identifier: MIT
// How the files of published datasets are read.
#include "data/source.hpp"
#include "files/errors.hpp"
#include "files/input_file.hpp"

#include <xtape/data/idx.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI::data {
namespace {

namespace fs = std::filesystem;

// CIFAR's images.
constexpr std::size_t cifar_side = 32, colors_of_cifar = 3, area = cifar_side * cifar_side,
                      image_bytes = colors_of_cifar * area;

// Reads records, of which the last byte before the image is the class.
class CifarReader {
 public:
  CifarReader(const Source& source, std::size_t label_bytes)
      : source_{source}, label_bytes_{label_bytes} {}

  ImageDataset read(const std::vector<fs::path>& paths, const std::string& origin) {
    data_ = {.height = cifar_side,
             .width = cifar_side,
             .channels = colors_of_cifar,
             .classes = source_.classes,
             .name = source_.name,
             .source = origin};
    for (const fs::path& path : paths) append(path.string());
    return ImageDataset{std::move(data_)};
  }

 private:
  void append(const std::string& path) {
    const files::InputFile file{path, file_errors(source_.op)};
    const std::size_t record = label_bytes_ + image_bytes;
    if (file.size() == 0 || file.size() % record != 0)
      fail(path, text("expected records of ", record, " bytes, found ", file.size(), " bytes"),
           file.size() == 0 ? "the file is empty" : "the file is cut short");
    std::vector<std::uint8_t> bytes(record);
    for (std::uint64_t at = 0; at < file.size(); at += record) {
      file.read_at(at, bytes.data(), record);
      const std::uint8_t label = bytes[label_bytes_ - 1];
      if (label >= source_.classes)
        fail(path, text("expected labels less than ", source_.classes, ", found ", int{label},
                        " in record ", at / record));
      data_.labels.push_back(label);
      append_pixels(bytes.data() + label_bytes_);
    }
  }
  // From (C, H, W) to (H, W, C).
  void append_pixels(const std::uint8_t* planes) {
    const std::size_t begin = data_.pixels.size();
    data_.pixels.resize(begin + image_bytes);
    std::uint8_t* pixel = data_.pixels.data() + begin;
    for (std::size_t i = 0; i < area; ++i)
      for (std::size_t channel = 0; channel < colors_of_cifar; ++channel)
        *pixel++ = planes[channel * area + i];
  }
  [[noreturn]] void fail(const std::string& path, const std::string& what,
                         const std::string& hint = {}) const {
    throw DataError(Op::nowhere(source_.op), path + ": " + what, hint);
  }

  const Source& source_;
  std::size_t label_bytes_;
  ImageData data_;
};

Split read_cifar(const Source& source, const fs::path& directory, const std::string& origin,
                 std::size_t label_bytes) {
  std::vector<fs::path> paths;
  for (const PublishedFile& file : source.files)
    paths.push_back(find_file(source, directory, file.name));
  const fs::path test = paths.back();
  paths.pop_back();
  CifarReader reader{source, label_bytes};
  ImageDataset train = reader.read(paths, origin);
  return {std::move(train), reader.read({test}, origin)};
}

}  // namespace

Split read_cifar10_files(const Source& source, const fs::path& directory,
                         const std::string& origin) {
  return read_cifar(source, directory, origin, 1);
}

Split read_cifar100_files(const Source& source, const fs::path& directory,
                          const std::string& origin) {
  return read_cifar(source, directory, origin, 2);
}

Split read_idx_files(const Source& source, const fs::path& directory, const std::string& origin) {
  const auto part = [&](std::size_t file) {
    const auto path = [&](std::size_t i) {
      return find_file(source, directory, source.files[i].name).string();
    };
    return load_images_and_labels(
        path(file), path(file + 1),
        {.classes = source.classes, .name = source.name, .source = origin});
  };
  return {part(0), part(2)};
}

std::string other_dataset(const Source& source, const fs::path& directory) {
  if (source.archive) return {};  // such files have names of their own
  const std::vector<std::int32_t> labels =
      read_labels(find_file(source, directory, source.files[3].name));
  for (const Source& other : sources())
    if (const auto& first = other.first_labels;
        !first.empty() && first != source.first_labels && labels.size() >= first.size() &&
        std::equal(first.begin(), first.end(), labels.begin()))
      return other.name;
  return {};
}

}  // namespace xtape::inline XTAPE_ABI::data
