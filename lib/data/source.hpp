// SPDX-License-Identifier: MIT
// How published datasets are found, downloaded and read: a dataset is a row.
#pragma once

#include <xtape/data/published.hpp>

#include <chrono>
#include <filesystem>
#include <optional>

namespace xtape::inline XTAPE_ABI::data {

/// A file by which a dataset is published.
struct PublishedFile {
  std::string name;
  std::string
      sha256;  ///< of a file in an archive, as it is there; of any other, as mirrors serve it
};

/// What has all files of a dataset, as `.tar.gz`.
struct Archive {
  PublishedFile file;
  std::string folder;  ///< which it has them in
};

/// A published dataset.
struct Source {
  const char* op;                               ///< the function that loads it
  std::string name;                             ///< what it is called
  std::string folder;                           ///< its directory in XTAPE_DATA and in the cache
  std::vector<PublishedFile> files;             ///< what it is read from
  std::optional<Archive> archive = {};          ///< none: mirrors have each file, with `.gz`
  std::vector<std::string> mirrors;             ///< URLs, up to the files' names
  std::vector<std::int32_t> first_labels = {};  ///< how the test labels begin, where that is known
  std::size_t classes = 10;                     ///< a label is less than it
  /// Reads what is in a directory, as the dataset of a source, which came from `origin`; empty: from there.
  Split (*read)(const Source& source, const std::filesystem::path& directory,
                const std::string& origin);
  std::string made_up;    ///< what the substitute shows
  Split (*substitute)();  ///< made-up images of the same shape
};

/// The datasets whose functions are in the public header.
const std::vector<Source>& sources();

/// What these functions do.
Split load(const Source& source, const SourceOptions& options);

/// Four IDX files, train images and labels, test images and labels, as a `Source::read`.
Split read_idx_files(const Source& source, const std::filesystem::path& directory,
                     const std::string& origin);
/// Files of CIFAR's records, of which the last is to test with, as a `Source::read`: a class, or a group and a class,
/// then 32 x 32 bytes of each colour.
Split read_cifar10_files(const Source& source, const std::filesystem::path& directory,
                         const std::string& origin);
Split read_cifar100_files(const Source& source, const std::filesystem::path& directory,
                          const std::string& origin);

/// The name of the other dataset whose files are in the directory, as some are called the same; empty: none known.
std::string other_dataset(const Source& source, const std::filesystem::path& directory);

/// Where the file is in the directory, under any of its names. None: it is not there.
std::filesystem::path find_file(const Source& source, const std::filesystem::path& directory,
                                const std::string& name);

/// Downloads into the directory what it lacks of the dataset and checks the digests. The mirrors
/// are tried in turn, all together for no longer than `most`. Returns the last one used. Throws DataError,
/// which tells why each mirror failed.
std::string download_files(const Source& source, std::vector<std::string> mirrors,
                           const std::filesystem::path& directory,
                           std::chrono::milliseconds most = std::chrono::minutes{20});

}  // namespace xtape::inline XTAPE_ABI::data
