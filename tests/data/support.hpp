// SPDX-License-Identifier: MIT
// What the tests of data share: temporary files, gzip, IDX files.
#pragma once

#include "../directory.hpp"
#include "../environment.hpp"

#include <xtape/data.hpp>

#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <stdexcept>

namespace test {

using namespace xtape;

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

inline fs::path write(const fs::path& path, const Bytes& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream out{path, std::ios::binary};
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) throw std::runtime_error("cannot write " + path.string());
  return path;
}

inline Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

inline Bytes gzip(const Bytes& bytes) {
  z_stream z{};
  if (deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("deflateInit2");
  Bytes out(deflateBound(&z, static_cast<uLong>(bytes.size())));
  z.next_in = const_cast<Bytef*>(bytes.data());
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = out.data();
  z.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&z, Z_FINISH);
  out.erase(out.end() - z.avail_out, out.end());
  deflateEnd(&z);
  if (status != Z_STREAM_END) throw std::runtime_error("deflate");
  return out;
}

/// An IDX header, by the letter of the format.
inline Bytes header(std::initializer_list<std::uint32_t> sizes, std::uint8_t type = 0x08) {
  Bytes bytes{0, 0, type, static_cast<std::uint8_t>(sizes.size())};
  for (const std::uint32_t size : sizes)
    bytes =
        bytes + Bytes{static_cast<std::uint8_t>(size >> 24), static_cast<std::uint8_t>(size >> 16),
                      static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
  return bytes;
}

inline Bytes random_bytes(std::size_t count, Rng& rng) {
  Bytes bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(rng());
  return bytes;
}

/// The text of the error of type E that `action` throws.
template <class E, class Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  }
  return "no error";
}

/// The text of an error without the place in a test, ` at NAME_test.cpp:LINE`.
inline std::string without_place(std::string text) {
  constexpr std::string_view file = "_test.cpp:";
  const std::size_t end = text.find(file);
  if (end == text.npos) return text;
  const std::size_t begin = text.rfind(" at ", end);
  return text.erase(begin, text.find_first_not_of("0123456789", end + file.size()) - begin);
}

}  // namespace test
