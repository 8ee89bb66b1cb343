// SPDX-License-Identifier: MIT
#include <xtape/data/mnist.hpp>

#include "data/download.hpp"
#include "data/source.hpp"
#include "text.hpp"

#include <xtape/data/idx.hpp>
#include <xtape/data/synthetic.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace xtape::inline XTAPE_ABI::data {
namespace {

namespace fs = std::filesystem;

const Source& mnist_source() {
  static const Source source{
      .op = "mnist",
      .name = "MNIST",
      .folder = "mnist",
      .sha256 = {"ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                 "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                 "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                 "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
      .first_labels = {7, 2, 1, 0, 4, 1, 4, 9, 5, 9},
      .mirrors = {"https://ossci-datasets.s3.amazonaws.com/mnist/",
                  "https://storage.googleapis.com/cvdf-datasets/mnist/"}};
  return source;
}

const Source& fashion_source() {
  static const Source source{
      .op = "fashion_mnist",
      .name = "Fashion-MNIST",
      .folder = "fashion-mnist",
      .sha256 = {"c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                 "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                 "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                 "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"},
      .first_labels = {9, 2, 1, 1, 6, 1, 4, 6, 5, 7},
      .mirrors = {"https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
                  "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"}};
  return source;
}

// The path in an environment variable; empty if it is not set.
fs::path environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// `$XDG_CACHE_HOME` counts only if it is absolute, says the XDG base directory specification.
fs::path cache_directory(const Source& source, const MnistOptions& options) {
  if (!options.cache.empty()) return fs::path{options.cache} / source.folder;
  if (const fs::path xdg = environment("XDG_CACHE_HOME"); xdg.is_absolute())
    return xdg / "xtape" / source.folder;
  const fs::path home = environment("HOME");
  return home.empty() ? home : home / ".cache" / "xtape" / source.folder;
}

// The files of the dataset that a directory lacks; empty if none.
std::string missing(const fs::path& directory) {
  std::string names;
  for (const char* const name : file_names)
    if (find_file(directory, name).empty())
      names += (names.empty() ? "" : ", ") + std::string{name};
  if (names.empty()) return {};
  return text("no ", names, " in ", directory.string(), " (nor with .idx for -idx, nor with .gz)");
}

// The name of the other dataset whose files are in the directory, as they all are called the same.
std::string other_dataset(const Source& source, const fs::path& directory) {
  const std::vector<std::int32_t> labels = read_labels(find_file(directory, file_names[3]));
  for (const Source* other : {&mnist_source(), &fashion_source()})
    if (const auto& first = other->first_labels;
        first != source.first_labels && labels.size() >= first.size() &&
        std::equal(first.begin(), first.end(), labels.begin()))
      return other->name;
  return {};
}

Split read(const Source& source, const fs::path& directory, const std::string& origin = {}) {
  const auto fail = [&](const std::string& what) {
    throw DataError(Op::nowhere(source.op), directory.string() + ": " + what);
  };
  const auto part = [&](std::size_t file) {
    return load_images_and_labels(find_file(directory, file_names[file]),
                                  find_file(directory, file_names[file + 1]),
                                  {.classes = 10, .name = source.name, .source = origin});
  };
  if (const std::string other = other_dataset(source, directory); !other.empty())
    fail(text("expected ", source.name, ", found ", other));
  Split split{part(0), part(2)};
  if (split.train.sample_shape() != split.test.sample_shape())
    fail(text("expected images of one shape, found ", split.train.sample_shape(),
              " to train with and ", split.test.sample_shape(), " to test with"));
  return split;
}

// As `read`, for files that may be thrown away.
Split read_cache(const Source& source, const fs::path& directory, const std::string& origin = {}) {
  try {
    return read(source, directory, origin);
  } catch (const DataError& error) {
    throw DataError(Op::nowhere(source.op), error.message(),
                    "delete it, to have it downloaded again");
  }
}

Split substitute() {
  return {synthetic_digits({.count = 60000, .seed = 1}),
          synthetic_digits({.count = 10000, .seed = 2})};
}

}  // namespace

fs::path find_file(const fs::path& directory, std::string name) {
  const std::size_t separator = name.rfind("idx") - 1;
  std::error_code ignored;
  for (const char infix : {'-', '.'}) {
    name[separator] = infix;
    for (const char* const suffix : {"", ".gz"})
      if (fs::path path = directory / (name + suffix); fs::exists(path, ignored)) return path;
  }
  return {};
}

Split load(const Source& source, const MnistOptions& options) {
  const Op op = Op::nowhere(source.op);
  const auto notice = [&](const std::string& line) {
    const std::string tagged = text('[', source.op, "] ", line);
    options.notice ? options.notice(tagged) : void(std::cerr << tagged + '\n');
  };

  if (const fs::path directory = options.directory; !directory.empty()) {
    if (std::error_code ignored; !fs::is_directory(directory, ignored))
      throw DataError(
          op, text("expected a directory with the files of ", source.name, ", found ",
                   fs::exists(directory, ignored) ? "a file: " : "nothing: ", directory.string()));
    if (const std::string lack = missing(directory); !lack.empty())
      throw DataError(op, text("expected the files of ", source.name, ", found ", lack));
    return read(source, directory);
  }

  if (const fs::path root = environment("XTAPE_DATA"); !root.empty()) {
    for (const fs::path& directory : {root / source.folder, root})
      if (missing(directory).empty() && other_dataset(source, directory).empty())
        return read(source, directory);
    notice(text("XTAPE_DATA is ", root.string(), ", but the files of ", source.name,
                " are not there, nor in its folder ", source.folder));
  }

  const fs::path cache = cache_directory(source, options);
  std::string lack = cache.empty() ? "no cache directory, as HOME is not set" : missing(cache);
  if (lack.empty()) return read_cache(source, cache);
  if (options.download && !can_download()) {
    lack += ", and this build cannot download, as it has no libcurl";
  } else if (options.download && !cache.empty()) {
    notice("downloading into " + cache.string());
    std::string mirror;
    try {
      mirror =
          download_files(source, options.mirrors.empty() ? source.mirrors : options.mirrors, cache);
    } catch (const DataError& error) {
      lack += text(", and the download failed: ", error.message());
    }
    if (!mirror.empty()) return read_cache(source, cache, "downloaded from " + mirror);
  }

  const std::string hint = "set XTAPE_DATA to a directory that has the files";
  if (!options.substitute) throw DataError(op, "there is " + lack, hint);
  notice(text("Made-up digits stand in for ", source.name,
              ", so results are not comparable: there is ", lack, "; ", hint));
  return substitute();
}

Split mnist(const MnistOptions& options) { return load(mnist_source(), options); }
Split fashion_mnist(const MnistOptions& options) { return load(fashion_source(), options); }

}  // namespace xtape::inline XTAPE_ABI::data
