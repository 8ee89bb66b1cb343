// SPDX-License-Identifier: MIT
#include "data/download.hpp"
#include "data/idx_parser.hpp"
#include "data/source.hpp"
#include "files/errors.hpp"
#include "files/new_file.hpp"
#include "text.hpp"

namespace xtape::inline XTAPE_ABI::data {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// No file of these datasets is longer, compressed or not.
constexpr std::size_t max_file_bytes = std::size_t{64} << 20;

std::vector<std::uint8_t> fetch_idx(const std::string& url, const std::string& digest,
                                    std::chrono::milliseconds most) {
  std::vector<std::uint8_t> bytes = fetch(url, max_file_bytes, most);
  IdxStream stream{url, bytes};
  const Idx idx = parse_idx(stream, {}, max_file_bytes);
  const std::string found = sha256({idx_header(idx.shape), idx.bytes});
  if (found != digest)
    fail_to_download(text(url, ": expected the SHA-256 digest ", digest, ", found ", found));
  return bytes;
}

// Another process may do the same at the same time: each writes a file of its own, and the last to
// be renamed wins. Nobody ever sees half a file.
void write_file(const fs::path& path, std::span<const std::uint8_t> bytes) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  const files::Fail refuse = file_errors("download");
  if (error) refuse("cannot create", path.parent_path().string(), error.message());
  files::NewFile file{path.string(), refuse};
  file.write(bytes.data(), bytes.size());
  file.commit();
}

}  // namespace

std::string download_files(const Source& source, std::vector<std::string> mirrors,
                           const fs::path& directory, std::chrono::milliseconds most) {
  const auto end = Clock::now() + most;
  for (std::string& mirror : mirrors)
    if (!mirror.ends_with('/')) mirror += '/';
  std::size_t mirror = 0;  // the one that worked last, so that a dead one is asked only once
  for (std::size_t i = 0; i < file_names.size(); ++i) {
    if (!find_file(directory, file_names[i]).empty()) continue;
    const std::string name = std::string{file_names[i]} + ".gz";
    std::vector<std::uint8_t> bytes;
    std::string reasons;
    for (std::size_t tries = 0; bytes.empty() && tries < mirrors.size(); ++tries) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
      const auto others = static_cast<std::int64_t>(mirrors.size() - tries - 1);
      try {
        // A slow one must leave time for the others.
        bytes = fetch_idx(mirrors[mirror] + name, source.sha256[i], left / (others + 1));
      } catch (const DataError& error) {
        reasons += (reasons.empty() ? "" : "; ") + error.message();
        mirror = (mirror + 1) % mirrors.size();
      }
    }
    if (bytes.empty()) fail_to_download(reasons.empty() ? "there are no mirrors" : reasons);
    write_file(directory / name, bytes);
  }
  return mirrors.empty() ? std::string{} : mirrors[mirror];
}

}  // namespace xtape::inline XTAPE_ABI::data
