// SPDX-License-Identifier: MIT
#include "report.hpp"

#include "formats.hpp"

#include <files/lock.hpp>
#include <files/new_file.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace report {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw std::runtime_error{path.string() + ": " + what};
}

void fail_to_write(const char* what, const std::string& path, const std::string& why) {
  fail(path, std::string{what} + ": " + why);
}

void create(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) fail(directory, "cannot create: " + error.message());
}

void write_file(const std::filesystem::path& path, const std::string& content) {
  xtape::files::NewFile file{path.string(), fail_to_write};
  file.write(content);
  file.commit();
}

std::string read_file(const std::filesystem::path& path) {
  std::error_code error;  // what else is wrong, opening will tell
  if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error))
    fail(path, "cannot read: it is not a regular file");  // a pipe could be waited at for ever
  std::ifstream file{path, std::ios::binary};
  if (!file) fail(path, std::string{"cannot read: "} + std::strerror(errno));
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

Claim::Claim(const std::filesystem::path& directory) {
  create(directory);
  auto lock = xtape::files::Lock::of_folder(directory.string(), fail_to_write);
  if (!lock) fail(directory, "another process writes a report there; choose another directory");
  lock_ = std::make_shared<xtape::files::Lock>(std::move(*lock));
}

void write(const std::filesystem::path& directory, const Results& results) {
  check(results);
  create(directory);
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
