// SPDX-License-Identifier: MIT
// What the tests of finding and downloading share: files of a small dataset, and a place for them.
#pragma once

#include "data/download.hpp"
#include "data/source.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

namespace test {

// The four files of a dataset of made-up digits, 30 to train with and 20 to test with.
inline std::array<Bytes, 4> small_files(std::uint64_t seed = 1) {
  std::array<Bytes, 4> files;
  for (const std::size_t part : {0, 1}) {
    const std::uint32_t count = part == 0 ? 30 : 20;
    const auto digits = data::synthetic_digits({.count = count, .seed = seed + part});
    files[2 * part] = header({count, 28, 28});
    for (std::size_t i = 0; i < count; ++i) {
      const auto pixels = digits.pixels(i);
      files[2 * part].insert(files[2 * part].end(), pixels.begin(), pixels.end());
    }
    files[2 * part + 1] = header({count}) + Bytes(digits.labels().begin(), digits.labels().end());
  }
  return files;
}

inline const std::array<const char*, 4> file_names = {
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte"};

inline void write_files(const fs::path& directory, const std::array<Bytes, 4>& files) {
  for (std::size_t i = 0; i < 4; ++i) write(directory / file_names[i], files[i]);
}

// No file of the user, no variable of the environment and no network gets into these tests.
struct Sandbox {
  Directory directory;
  Environment data_variable{"XTAPE_DATA", {}};
  Environment cache_variable{"XDG_CACHE_HOME", directory / "cache"};
  Environment home_variable{"HOME", directory / "home"};
  std::vector<std::string> notices;

  fs::path cache() const { return directory / "cache/xtape/mnist"; }

  data::SourceOptions options(data::SourceOptions options = {.download = false,
                                                             .substitute = false}) {
    options.notice = [this](std::string_view line) { notices.emplace_back(named(line)); };
    return options;
  }
  // With the sandbox's path as DIR.
  std::string named(std::string_view text) const {
    std::string result{text};
    for (std::size_t at; (at = result.find(directory.path().string())) != std::string::npos;)
      result.replace(at, directory.path().string().size(), "DIR");
    return result;
  }
  std::string error(const data::SourceOptions& options) const {
    return named(error_of<DataError>([&] { data::mnist(options); }));
  }
};

inline const std::string all_names =
    "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, "
    "t10k-labels-idx1-ubyte";
inline const std::string other_names = " (nor with .idx for -idx, nor with .gz)";
inline const std::string hint = "set XTAPE_DATA to a directory that has the files";

// For tests that need a build with curl.
inline boost::test_tools::assertion_result builds_with_curl(boost::unit_test::test_unit_id) {
  return data::can_download();
}
inline const auto with_curl = boost::unit_test::precondition(builds_with_curl);

}  // namespace test
