// SPDX-License-Identifier: MIT
#include "report.hpp"

#include "formats.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <unistd.h>

namespace report {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw std::runtime_error{path.string() + ": " + what};
}

void write_file(const std::filesystem::path& path, const std::string& content) {
  std::filesystem::path temporary = path;
  temporary += ".tmp" + std::to_string(getpid());
  std::ofstream file{temporary, std::ios::binary};
  file << content;
  file.close();
  const int cause = errno;
  std::error_code error;
  if (!file)
    error.assign(cause, std::generic_category());
  else
    std::filesystem::rename(temporary, path, error);
  if (!error) return;
  std::error_code ignored;
  std::filesystem::remove(temporary, ignored);
  fail(path, "cannot write: " + error.message());
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
