// SPDX-License-Identifier: MIT
// Where a published dataset is looked for, in which order.
#include "data/download.hpp"
#include "data/source.hpp"
#include "text.hpp"

#include <cstdlib>
#include <iostream>

namespace xtape::inline XTAPE_ABI::data {
namespace {

namespace fs = std::filesystem;

// The path in an environment variable; empty if it is not set.
fs::path environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// `$XDG_CACHE_HOME` counts only if it is absolute, says the XDG base directory specification.
fs::path cache_directory(const Source& source, const SourceOptions& options) {
  if (!options.cache.empty()) return fs::path{options.cache} / source.folder;
  if (const fs::path xdg = environment("XDG_CACHE_HOME"); xdg.is_absolute())
    return xdg / "xtape" / source.folder;
  const fs::path home = environment("HOME");
  return home.empty() ? home : home / ".cache" / "xtape" / source.folder;
}

// The files of the dataset that a directory lacks; empty if none.
std::string missing(const Source& source, const fs::path& directory) {
  std::string names;
  for (const PublishedFile& file : source.files)
    if (find_file(source, directory, file.name).empty())
      names += (names.empty() ? "" : ", ") + file.name;
  if (names.empty()) return {};
  return text("no ", names, " in ", directory.string(),
              source.archive ? text(" (nor in its folder ", source.archive->folder, ')')
                             : " (nor with .idx for -idx, nor with .gz)");
}

Split read(const Source& source, const fs::path& directory, const std::string& origin = {}) {
  const auto fail = [&](const std::string& what) {
    throw DataError(Op::nowhere(source.op), directory.string() + ": " + what);
  };
  if (const std::string other = other_dataset(source, directory); !other.empty())
    fail(text("expected ", source.name, ", found ", other));
  Split split = source.read(source, directory, origin.empty() ? directory.string() : origin);
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

Split read_directory(const Source& source, const fs::path& directory) {
  const Op op = Op::nowhere(source.op);
  if (std::error_code ignored; !fs::is_directory(directory, ignored))
    throw DataError(
        op, text("expected a directory with the files of ", source.name, ", found ",
                 fs::exists(directory, ignored) ? "a file: " : "nothing: ", directory.string()));
  if (const std::string lack = missing(source, directory); !lack.empty())
    throw DataError(op, text("expected the files of ", source.name, ", found ", lack));
  return read(source, directory);
}

}  // namespace

fs::path find_file(const Source& source, const fs::path& directory, const std::string& name) {
  std::error_code ignored;
  if (source.archive) {
    for (fs::path path : {directory / name, directory / source.archive->folder / name})
      if (fs::exists(path, ignored)) return path;
    return {};
  }
  const std::size_t separator = name.rfind("idx") - 1;
  for (const char infix : {'-', '.'})
    for (const char* const suffix : {"", ".gz"}) {
      std::string spelling = name + suffix;
      spelling[separator] = infix;
      if (fs::path path = directory / spelling; fs::exists(path, ignored)) return path;
    }
  return {};
}

Split load(const Source& source, const SourceOptions& options) {
  const auto notice = [&](const std::string& line) {
    const std::string tagged = text('[', source.op, "] ", line);
    options.notice ? options.notice(tagged) : void(std::cerr << tagged + '\n');
  };
  if (!options.directory.empty()) return read_directory(source, options.directory);

  if (const fs::path root = environment("XTAPE_DATA"); !root.empty()) {
    for (const fs::path& directory : {root / source.folder, root})
      if (missing(source, directory).empty() && other_dataset(source, directory).empty())
        return read(source, directory);
    notice(text("XTAPE_DATA is ", root.string(), ", but the files of ", source.name,
                " are not there, nor in its folder ", source.folder));
  }

  const fs::path cache = cache_directory(source, options);
  std::string lack =
      cache.empty() ? "no cache directory, as HOME is not set" : missing(source, cache);
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
  if (!options.substitute) throw DataError(Op::nowhere(source.op), "there is " + lack, hint);
  notice(text("Made-up ", source.made_up, " stand in for ", source.name,
              ", so results are not comparable: there is ", lack, "; ", hint));
  return source.substitute();
}

}  // namespace xtape::inline XTAPE_ABI::data
