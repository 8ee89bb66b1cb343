// SPDX-License-Identifier: MIT
#include "data/tar.hpp"

#include "files/byte_stream.hpp"
#include "text.hpp"

#include <xtape/error.hpp>

#include <algorithm>
#include <array>
#include <numeric>

namespace xtape::inline XTAPE_ABI::data {
namespace {

constexpr std::size_t tar_block = 512;  // a header is one, and contents are padded to whole ones

// A field of a header: where it is and how long.
struct TarField {
  std::size_t at, size;
};
constexpr TarField path_field{0, 100}, size_field{124, 12}, checksum_field{148, 8};
constexpr std::size_t type_at = 156;

class TarHeader {
 public:
  std::span<std::uint8_t> bytes() { return bytes_; }
  // Two blocks of zeros end an archive.
  bool empty() const {
    return std::ranges::all_of(bytes_, [](int byte) { return byte == 0; });
  }
  // The checksum is the sum of all bytes, with blanks for itself.
  bool intact() const {
    const auto begin = bytes_.begin() + checksum_field.at;
    const std::uint64_t sum = std::accumulate(bytes_.begin(), bytes_.end(), std::uint64_t{0}) -
                              std::accumulate(begin, begin + checksum_field.size, std::uint64_t{0});
    return sum + ' ' * checksum_field.size == number(checksum_field);
  }
  bool is_file() const { return bytes_[type_at] == '0' || bytes_[type_at] == 0; }
  std::uint64_t size() const { return number(size_field); }
  std::string name() const {
    const std::string path = text(path_field);
    return path.substr(path.rfind('/') + 1);
  }

 private:
  std::string text(TarField field) const {
    const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(field.at);
    const auto end = begin + static_cast<std::ptrdiff_t>(field.size);
    return {begin, std::find(begin, end, 0)};
  }
  // Octal digits, with blanks around them.
  std::uint64_t number(TarField field) const {
    std::uint64_t value = 0;
    for (const char digit : text(field))
      if (digit >= '0' && digit <= '7') value = value * 8 + static_cast<std::uint64_t>(digit - '0');
    return value;
  }
  std::array<std::uint8_t, tar_block> bytes_{};
};

}  // namespace

void read_tar(const std::string& name, std::span<const std::uint8_t> archive, std::uint64_t most,
              const std::function<bool(const std::string&)>& wanted,
              const std::function<void(const std::string&, std::vector<std::uint8_t>)>& take) {
  const auto fail = [&](const std::string& what) {
    throw DataError(Op::nowhere("tar"), name + ": " + what, "the file is damaged");
  };
  files::ByteStream stream{archive, files::Coding::gzip, [&](const std::string& found) {
                             fail("expected intact gzip data, found " + found);
                           }};
  const auto fill = [&](std::span<std::uint8_t> out) {
    if (stream.read(out) != out.size()) fail("expected a whole archive, found its end too early");
  };
  for (TarHeader header; fill(header.bytes()), !header.empty();) {
    if (!header.intact()) fail("expected the header of a file, found something else");
    const bool is_wanted = header.is_file() && wanted(header.name());
    if (is_wanted && header.size() > most)
      fail(text("expected at most ", most, " bytes in ", header.name(), ", found ", header.size()));
    std::vector<std::uint8_t> contents(is_wanted ? header.size() : 0);
    fill(contents);
    std::array<std::uint8_t, tar_block> skipped;
    for (std::uint64_t left =
             (header.size() + tar_block - 1) / tar_block * tar_block - contents.size();
         left > 0;) {
      const std::size_t count = std::min<std::uint64_t>(left, tar_block);
      fill(std::span{skipped}.first(count));
      left -= count;
    }
    if (is_wanted) take(header.name(), std::move(contents));
  }
}

}  // namespace xtape::inline XTAPE_ABI::data
