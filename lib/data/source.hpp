// SPDX-License-Identifier: MIT
// How a dataset of four IDX files is found and downloaded, for any such dataset.
#pragma once

#include <xtape/data/mnist.hpp>

#include <array>
#include <chrono>
#include <filesystem>

namespace xtape::inline XTAPE_ABI::data {

/// The files of a dataset, in this order everywhere: train images and labels, test images and
/// labels.
inline constexpr std::array<const char*, 4> file_names = {
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte",  //
    "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

/// A dataset in four IDX files.
struct Source {
  const char* op;                          ///< the function that loads it
  const char* name;                        ///< what it is called
  const char* folder;                      ///< its directory in XTAPE_DATA and in the cache
  std::array<std::string, 4> sha256;       ///< digests of the decompressed files
  std::vector<std::int32_t> first_labels;  ///< how its test labels begin, to tell it from others
  std::vector<std::string> mirrors;        ///< URLs, up to the files' names
};

/// What the functions in the public header do.
Split load(const Source& source, const MnistOptions& options);

/// Where the file is in the directory, under any of its names. None: it is not there.
std::filesystem::path find_file(const std::filesystem::path& directory, std::string name);

/// Downloads into the directory what it lacks of the dataset and checks the digests. The mirrors
/// are tried in turn, all together for no longer than `most`. Returns the last one used. Throws DataError,
/// which tells why each mirror failed.
std::string download_files(const Source& source, std::vector<std::string> mirrors,
                           const std::filesystem::path& directory,
                           std::chrono::milliseconds most = std::chrono::minutes{20});

}  // namespace xtape::inline XTAPE_ABI::data
