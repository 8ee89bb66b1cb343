// SPDX-License-Identifier: MIT
// Files of tests, and safetensors files written and read by hand.
#pragma once

#include "../directory.hpp"
#include "../support.hpp"

#include <xtape/io.hpp>

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/resource.h>

namespace test {

/// What loading says further of an array that only the model has, and of one that fits no parameter.
inline const std::string or_rename =
                             "; rename says what the file calls it, and partial leaves it out",
                         or_leave = "; partial leaves it out";

inline std::string read_bytes(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  BOOST_REQUIRE(file.good());
  return {std::istreambuf_iterator<char>{file}, {}};
}
inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::filesystem::remove(path);  // some file systems flush what is overwritten to the disk
  std::ofstream{path, std::ios::binary} << bytes;
}

/// While it lives, files of this process end at so many bytes, as if the disk were full.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) : handler_{std::signal(SIGXFSZ, SIG_IGN)} {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const struct rlimit limit { bytes, before_.rlim_max };
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;

 private:
  void (*handler_)(int);
  struct rlimit before_ = {};
};

/// Tells that a test, or the rest of it, does not run here.
inline void notice(const std::string& why) {
  std::fprintf(stderr, "notice: skipped, %s\n", why.c_str());
}

/// The elements as they lie in memory.
template <class T>
std::string bytes_of(std::initializer_list<T> elements) {
  return {reinterpret_cast<const char*>(elements.begin()), elements.size() * sizeof(T)};
}

/// A file of the given header and elements.
inline std::string safetensors(const std::string& header, const std::string& data) {
  std::string bytes;
  for (std::size_t i = 0; i < 8; ++i) bytes += static_cast<char>(header.size() >> 8 * i & 0xff);
  return bytes + header + data;
}

/// A file whose array of that name has another first element.
template <class T>
std::string with_first(std::string bytes, const std::string& name, T element) {
  const std::size_t entry = bytes.find('"' + name + '"'),
                    key = bytes.find("\"data_offsets\":[", entry);
  BOOST_REQUIRE(key != bytes.npos);
  std::size_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  const std::size_t offset = std::stoul(bytes.substr(key + 16));
  return bytes.replace(sizeof header + header + offset, sizeof element, bytes_of({element}));
}

/// A model of two parameters.
struct Small {
  Parameter weight{array({2, 2}, {1, 2, 3, 4})}, bias{array({2}, {5, 6})};
  void parameters(ParameterList& list) { list("weight", weight), list("bias", bias); }
  bool unchanged() const {
    return same_bits(weight.value(), array({2, 2}, {1, 2, 3, 4})) &&
           same_bits(bias.value(), array({2}, {5, 6}));
  }
};

}  // namespace test
