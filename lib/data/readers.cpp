// SPDX-License-Identifier: MIT
// How the files of published datasets are read.
#include "data/source.hpp"
#include "files/byte_stream.hpp"
#include "files/errors.hpp"
#include "ranges.hpp"

#include <xtape/data/idx.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI::data {
namespace {

namespace fs = std::filesystem;

// CIFAR's images.
constexpr std::size_t cifar_side = 32, colors_of_cifar = 3, area = cifar_side * cifar_side,
                      image_bytes = colors_of_cifar * area;

// Files of records, one behind the other.
class CifarFiles {
 public:
  CifarFiles(const char* op, const std::vector<std::string>& paths, const CifarOptions& options)
      : op_{op}, options_{options}, record_{options.label_bytes + image_bytes} {
    for (const std::string& path : paths) append(path);
  }

  std::size_t size() const noexcept { return ends_.back(); }
  // Reads an image and returns its class.
  std::int32_t read(std::size_t index, std::span<std::uint8_t> pixels) const {
    const auto part =
        static_cast<std::size_t>(std::ranges::upper_bound(ends_, index) - ends_.begin());
    const files::InputFile& file = files_[part];
    const std::size_t at = index - (part == 0 ? 0 : ends_[part - 1]);
    PooledVector<std::uint8_t> bytes(record_);
    file.read_at(at * record_, bytes.data(), record_);
    const std::uint8_t label = bytes[options_.label_bytes - 1];
    if (label >= options_.classes)
      fail(file.path(), text("expected labels less than ", options_.classes, ", found ", int{label},
                             " in record ", at));
    // From (C, H, W) to (H, W, C).
    const std::uint8_t* const planes = bytes.data() + options_.label_bytes;
    std::uint8_t* pixel = pixels.data();
    for (std::size_t i = 0; i < area; ++i)
      for (std::size_t channel = 0; channel < colors_of_cifar; ++channel)
        *pixel++ = planes[channel * area + i];
    return label;
  }

 private:
  void append(const std::string& path) {
    const files::InputFile& file = files_.emplace_back(path, file_errors(op_));
    const std::size_t other = options_.label_bytes == 1 ? 2 : 1;  // as in CIFAR-100 or CIFAR-10
    if (file.size() == 0 || file.size() % record_ != 0)
      fail(path, text("expected records of ", record_, " bytes, found ", file.size(), " bytes"),
           file.size() == 0       ? "the file is empty"
           : files::is_gzip(file) ? "it is compressed: unpack it first"
           : file.size() % (other + image_bytes) == 0
               ? text("has it ", other, " label bytes (CifarOptions::label_bytes)?")
               : "the file is cut short");
    ends_.push_back((ends_.empty() ? 0 : ends_.back()) + file.size() / record_);
  }
  [[noreturn]] void fail(const std::string& path, const std::string& what,
                         const std::string& hint = {}) const {
    throw DataError(Op::nowhere(op_), path + ": " + what, hint);
  }

  const char* op_;
  CifarOptions options_;
  std::size_t record_;  // bytes
  std::vector<files::InputFile> files_;
  std::vector<std::size_t> ends_;  // of each file, as indices
};

ImageDataset read_records(const Source& source, const std::vector<std::string>& paths,
                          const std::string& origin, std::size_t label_bytes) {
  const CifarFiles files{source.op, paths, {.classes = source.classes, .label_bytes = label_bytes}};
  ImageData data{.pixels = std::vector<std::uint8_t>(files.size() * image_bytes),
                 .labels = std::vector<std::int32_t>(files.size()),
                 .height = cifar_side,
                 .width = cifar_side,
                 .channels = colors_of_cifar,
                 .classes = source.classes,
                 .name = source.name,
                 .source = origin};
  for (std::size_t i = 0; i < files.size(); ++i)
    data.labels[i] = files.read(i, std::span{data.pixels}.subspan(i * image_bytes, image_bytes));
  return ImageDataset{std::move(data)};
}

Split read_cifar(const Source& source, const fs::path& directory, const std::string& origin,
                 std::size_t label_bytes) {
  std::vector<std::string> paths;
  for (const PublishedFile& file : source.files)
    paths.push_back(find_file(source, directory, file.name).string());
  const std::string test = paths.back();
  paths.pop_back();
  ImageDataset train = read_records(source, paths, origin, label_bytes);
  return {std::move(train), read_records(source, {test}, origin, label_bytes)};
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

ImageFiles open_cifar(const std::vector<std::string>& paths, const CifarOptions& options,
                      Location at) {
  const Op op{"open_cifar", at};
  check_count(op, "classes", options.classes);
  check_option(op, "label_bytes", options.label_bytes,
               options.label_bytes >= 1 && options.label_bytes <= 255, "from 1 to 255");
  if (paths.empty()) throw ValueError(op, "expected at least one file, got none");
  const auto files = std::make_shared<const CifarFiles>("cifar", paths, options);
  return {files->size(),
          {cifar_side, cifar_side, colors_of_cifar},
          options.classes,
          [files](std::size_t index, std::span<std::uint8_t> pixels) {
            return files->read(index, pixels);
          }};
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
