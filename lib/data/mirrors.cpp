// SPDX-License-Identifier: MIT
#include "data/download.hpp"
#include "data/source.hpp"
#include "data/tar.hpp"
#include "files/errors.hpp"
#include "files/new_file.hpp"
#include "text.hpp"

#include <algorithm>
#include <map>

namespace xtape::inline XTAPE_ABI::data {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// No file of these datasets is longer, nor is an archive of them.
constexpr std::size_t max_file_bytes = std::size_t{256} << 20;

void check_digest(const std::string& name, std::span<const std::uint8_t> bytes,
                  const std::string& expected) {
  if (const std::string found = sha256({bytes}); found != expected)
    fail_to_download(text(name, ": expected the SHA-256 digest ", expected, ", found ", found));
}

// Servers of the same files.
class Mirrors {
 public:
  Mirrors(std::vector<std::string> urls, std::chrono::milliseconds most)
      : urls_{std::move(urls)}, end_{Clock::now() + most} {
    for (std::string& url : urls_)
      if (!url.ends_with('/')) url += '/';
  }

  // The bytes of a file, checked.
  std::vector<std::uint8_t> get(const PublishedFile& file) {
    std::string reasons;
    for (std::size_t left = urls_.size(); left > 0; --left) {
      const std::string url = urls_[current_] + file.name;
      try {
        // A slow one must leave time for the others.
        const auto most =
            std::chrono::duration_cast<std::chrono::milliseconds>(end_ - Clock::now());
        auto bytes = fetch(url, max_file_bytes, most / static_cast<std::int64_t>(left));
        check_digest(url, bytes, file.sha256);
        return bytes;
      } catch (const DataError& error) {
        reasons += (reasons.empty() ? "" : "; ") + error.message();
        current_ = (current_ + 1) % urls_.size();
      }
    }
    fail_to_download(reasons.empty() ? "there are no mirrors" : reasons);
  }
  // The one that was used last.
  std::string current() const { return urls_.empty() ? std::string{} : urls_[current_]; }

 private:
  std::vector<std::string> urls_;
  Clock::time_point end_;
  std::size_t current_ = 0;  // the one that worked last, so that a dead one is asked only once
};

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

// Writes the files of the dataset that are in its archive, each checked.
void unpack(const Source& source, std::span<const std::uint8_t> archive,
            const fs::path& directory) {
  const std::string& name = source.archive->file.name;
  std::map<std::string, std::string> left;  // digests by name
  for (const PublishedFile& file : source.files) left[file.name] = file.sha256;
  read_tar(
      name, archive, max_file_bytes, [&](const std::string& file) { return left.contains(file); },
      [&](const std::string& file, const std::vector<std::uint8_t>& bytes) {
        check_digest(text(file, " in ", name), bytes, left[file]);
        write_file(directory / file, bytes);
        left.erase(file);
      });
  if (!left.empty()) fail_to_download(text(name, ": expected ", left.begin()->first, " in it"));
}

}  // namespace

std::string download_files(const Source& source, std::vector<std::string> mirrors,
                           const fs::path& directory, std::chrono::milliseconds most) {
  Mirrors from{std::move(mirrors), most};
  const auto is_missing = [&](const PublishedFile& file) {
    return find_file(source, directory, file.name).empty();
  };
  if (source.archive) {
    if (std::ranges::any_of(source.files, is_missing))
      unpack(source, from.get(source.archive->file), directory);
    return from.current();
  }
  for (const auto& [name, sha256] : source.files)
    if (is_missing({name, sha256}))
      write_file(directory / (name + ".gz"), from.get({name + ".gz", sha256}));
  return from.current();
}

}  // namespace xtape::inline XTAPE_ABI::data
