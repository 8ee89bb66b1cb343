// SPDX-License-Identifier: MIT
#include "support.hpp"

#include "../directory.hpp"

#include <paths.hpp>
#include <xtape/data.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <sys/wait.h>

namespace fs = std::filesystem;
using namespace xtape;

namespace {

// The header of an IDX file of unsigned bytes, and its elements.
void write_idx(const fs::path& path, std::initializer_list<std::size_t> sizes,
               const std::string& elements) {
  std::string header{'\0', '\0', '\x08', static_cast<char>(sizes.size())};
  for (const std::size_t size : sizes)
    for (int shift = 24; shift >= 0; shift -= 8) header += static_cast<char>(size >> shift & 0xff);
  std::ofstream{path, std::ios::binary} << header << elements;
}

void write_digits(const fs::path& directory, const std::string& part,
                  const data::SyntheticOptions& options) {
  const data::ImageDataset digits = data::synthetic_digits(options);
  std::string pixels, labels;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto image = digits.pixels(i);
    pixels.append(image.begin(), image.end());
    labels += static_cast<char>(digits.labels()[i]);
  }
  write_idx(directory / (part + "-images-idx3-ubyte"), {digits.size(), 28, 28}, pixels);
  write_idx(directory / (part + "-labels-idx1-ubyte"), {digits.size()}, labels);
}

// A file of the binary version of CIFAR-10: records of a class and the planes of red, green and blue.
void write_records(const fs::path& path, const data::ImageDataset& pictures, std::size_t begin,
                   std::size_t end) {
  std::ofstream file{path, std::ios::binary};
  for (std::size_t i = begin; i < end; ++i) {
    file.put(static_cast<char>(pictures.labels()[i]));
    const auto pixels = pictures.pixels(i);
    for (std::size_t channel = 0; channel < 3; ++channel)
      for (std::size_t at = channel; at < pixels.size(); at += 3)
        file.put(static_cast<char>(pixels[at]));
  }
}

void write_pictures(const fs::path& directory) {
  const auto train = data::synthetic_pictures({.count = 400, .seed = 1});
  for (std::size_t i = 0; i < 5; ++i)
    write_records(directory / ("data_batch_" + std::to_string(i + 1) + ".bin"), train, 80 * i,
                  80 * (i + 1));
  const auto test = data::synthetic_pictures({.count = 100, .seed = 2});
  write_records(directory / "test_batch.bin", test, 0, test.size());
}

void set(const char* variable, const std::string& value) { ::setenv(variable, value.c_str(), 1); }

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(Workspace);

fs::path Workspace::path() {
  static const test::Directory directory;
  return directory.path();
}

Workspace::Workspace() {
  const fs::path digits = path() / "digits";
  fs::create_directory(digits);
  write_digits(digits, "train", {.count = 4096, .seed = 1});
  write_digits(digits, "t10k", {.count = 1000, .seed = 2});
  fs::create_directory(path() / "pictures");
  write_pictures(path() / "pictures");
  set("WORK", path().string());
  set("BIN", XTAPE_PROGRAMS);
  set("XTAPE_DATA", digits.string());
  set("XDG_CACHE_HOME", (path() / "cache").string());
  for (const char* const proxy : {"http_proxy", "https_proxy", "all_proxy"})
    set(proxy, "http://127.0.0.1:1");
}

Outcome run(const std::string& command) {
  BOOST_TEST_CHECKPOINT(command);
  const int status =
      std::system(("cd \"$WORK\" && { " + command + "; } >out 2>err </dev/null").c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          read_file(Workspace::path() / "out"), read_file(Workspace::path() / "err")};
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

std::string read_file(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  BOOST_REQUIRE_MESSAGE(file, path.string() + " cannot be read");
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}
