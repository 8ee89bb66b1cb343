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
