// SPDX-License-Identifier: MIT
// Any bytes as an IDX file, plain or compressed.
#include "data/idx_parser.hpp"
#include "fuzz.hpp"

#include <zlib.h>

#include <fstream>
#include <numeric>

using namespace xtape;

namespace {

// The header of an IDX file of unsigned bytes, by the letter of the format.
std::vector<std::uint8_t> header_of(const Shape& shape) {
  std::vector<std::uint8_t> header{0, 0, 8, static_cast<std::uint8_t>(shape.size())};
  for (const std::size_t size : shape)
    for (const int shift : {24, 16, 8, 0})
      header.push_back(static_cast<std::uint8_t>(size >> shift));
  return header;
}

}  // namespace

void write_seeds(const std::filesystem::path& folder) {
  const auto write = [&](const char* name, const Shape& shape) {
    std::vector<std::uint8_t> bytes = header_of(shape);
    const std::size_t header = bytes.size();
    bytes.resize(header + element_count(shape));
    std::iota(bytes.begin() + static_cast<std::ptrdiff_t>(header), bytes.end(), std::uint8_t{0});
    std::ofstream{folder / name, std::ios::binary}.write(
        reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    const gzFile gz = ::gzopen((folder / (name + std::string{".gz"})).c_str(), "wb9");
    ::gzwrite(gz, bytes.data(), static_cast<unsigned>(bytes.size()));
    ::gzclose(gz);
  };
  write("images", {2, 4, 5});
  write("labels", {7});
  write("none", {0, 28, 28});
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    data::IdxStream stream{"input", {data, size}};
    const data::Idx idx = data::parse_idx(stream);
    if (idx.bytes.size() != element_count(idx.shape)) std::abort();
  } catch (const DataError&) {
  }
  return 0;
}
