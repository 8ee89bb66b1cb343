// SPDX-License-Identifier: MIT
#include "report.hpp"

#include "formats.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace report {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw std::runtime_error{path.string() + ": " + what};
}

// A file with this content, on the disk. False with errno set if it cannot be.
bool write_through(const std::string& path, std::string_view content) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return false;
  while (!content.empty()) {
    const ssize_t written = ::write(file, content.data(), content.size());
    if (written < 0 && errno != EINTR) break;
    if (written > 0) content.remove_prefix(static_cast<std::size_t>(written));
  }
  const bool done = content.empty() && ::fsync(file) == 0;
  const int cause = errno;
  const bool closed = ::close(file) == 0;
  if (!done) errno = cause;
  return done && closed;
}

// One process writes a directory, so the new file's name can be fixed: what a killed process has left is
// overwritten by the next.
void write_file(const std::filesystem::path& path, const std::string& content) {
  const std::string fresh = path.parent_path() / fmt::format(".{}.new", path.filename().string());
  if (write_through(fresh, content) && ::rename(fresh.c_str(), path.c_str()) == 0) return;
  const int cause = errno;
  ::unlink(fresh.c_str());
  fail(path, std::string{"cannot write: "} + std::strerror(cause));
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) fail(path, std::string{"cannot read: "} + std::strerror(errno));
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

void write(const std::filesystem::path& directory, const Results& results) {
  check(results);
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) fail(directory, "cannot create: " + error.message());
  write_file(directory / "results.json", to_json(results));
  write_file(directory / "results.csv", to_csv(results));
  write_file(directory / "report.html", to_html(results));
}

Results read(const std::filesystem::path& path) {
  const std::filesystem::path file =
      std::filesystem::is_directory(path) ? path / "results.json" : path;
  const std::string text = read_file(file);
  try {
    return from_json(text);
  } catch (const std::runtime_error& error) {
    fail(file, error.what());
  }
}

}  // namespace report
