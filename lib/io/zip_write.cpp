// SPDX-License-Identifier: MIT
#include "files/errors.hpp"
#include "files/new_file.hpp"
#include "io/zip.hpp"
#include "io/zip_format.hpp"
#include "text.hpp"

#include <zlib.h>

#include <set>

namespace xtape::inline XTAPE_ABI::zip {
namespace {

constexpr std::uint16_t version = 20;       // of the format, that is needed to read it
constexpr std::uint16_t date = 1 << 5 | 1;  // 1 January 1980: the same arrays give the same bytes

std::string le16(std::uint32_t number) {
  return {static_cast<char>(number), static_cast<char>(number >> 8)};
}
std::string le32(std::uint32_t number) { return le16(number) + le16(number >> 16); }

std::uint64_t size_of(const Item& item) {
  std::uint64_t size = 0;
  for (const std::string_view piece : item.pieces) size += piece.size();
  return size;
}

std::uint32_t crc_of(const Item& item) {
  uLong crc = 0;
  for (const std::string_view piece : item.pieces)
    if (!piece.empty())  // zlib takes a null pointer for a question
      crc = ::crc32_z(crc, reinterpret_cast<const Bytef*>(piece.data()), piece.size());
  return static_cast<std::uint32_t>(crc);
}

// What a file's record and its entry in the directory share, which follows the version.
std::string description(const Item& item, std::uint32_t size) {
  return le16(utf8) + le16(stored) + le16(0) + le16(date) + le32(crc_of(item)) + le32(size) +
         le32(size) + le16(static_cast<std::uint32_t>(item.name.size())) + le16(0);
}

void check(const std::string& path, const std::vector<Item>& items) {
  const auto fail = [&](const std::string& what) { throw DataError(Op::nowhere("save"), what); };
  std::uint64_t size = end::size;
  std::set<std::string_view> names;
  for (const Item& item : items) {
    if (!names.insert(item.name).second) fail("two arrays are called " + item.name);
    if (item.name.size() > 0xffff) fail("the name of an array has more than 65,535 bytes");
    size += local::size + central::size + 2 * item.name.size() + size_of(item);
  }
  if (size >= elsewhere || items.size() >= entries_elsewhere)
    fail(text("cannot write ", path, ": it would have 4 GB or more, or 65,535 arrays"));
}

}  // namespace

void write(const std::string& path, const std::vector<Item>& items) {
  check(path, items);
  files::NewFile file{path, file_errors("save")};
  std::uint32_t at = 0;
  const auto append = [&](std::string_view bytes) {
    file.write(bytes.data(), bytes.size());
    at += static_cast<std::uint32_t>(bytes.size());
  };
  std::string directory;
  for (const Item& item : items) {
    const std::string shared = description(item, static_cast<std::uint32_t>(size_of(item)));
    // Of a comment, a disk and attributes there is nothing to say.
    ((((directory += central::signature) += le16(version) + le16(version) + shared) +=
      le16(0) + le16(0) + le16(0) + le32(0) + le32(at)) += item.name);
    append(std::string{local::signature} + le16(version) + shared + item.name);
    for (const std::string_view piece : item.pieces) append(piece);
  }
  const std::uint32_t begin = at, count = static_cast<std::uint32_t>(items.size());
  append(directory);
  append(std::string{end::signature} + le16(0) + le16(0) + le16(count) + le16(count) +
         le32(static_cast<std::uint32_t>(directory.size())) + le32(begin) + le16(0));
  file.commit();
}

}  // namespace xtape::inline XTAPE_ABI::zip
