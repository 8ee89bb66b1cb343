// SPDX-License-Identifier: MIT
#include "report.hpp"

#include "formats.hpp"

#include <files/input_file.hpp>
#include <files/lock.hpp>
#include <files/new_file.hpp>

#include <stdexcept>

namespace report {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw std::runtime_error{path.string() + ": " + what};
}

void fail_at(const char* what, const std::string& path, const std::string& why) {
  fail(path, std::string{what} + ": " + why);
}

void create(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) fail(directory, "cannot create: " + error.message());
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  xtape::files::NewFile file{path.string(), fail_at};
  file.write(content);
  file.commit();
}

std::string read_file(const std::filesystem::path& path) {
  const xtape::files::InputFile file{path.string(), fail_at};
  std::string content(file.size(), '\0');
  file.read_at(0, content.data(), content.size());
  return content;
}

}  // namespace

Claim::Claim(const std::filesystem::path& directory) {
  create(directory);
  auto lock = xtape::files::Lock::of_folder(directory.string(), fail_at);
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

void write_png(const std::filesystem::path& path, const Image& image) {
  const std::vector<std::uint8_t> bytes = encode_png(image);
  write_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
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
