// SPDX-License-Identifier: MIT
#include "io/zip.hpp"

#include "files/errors.hpp"
#include "io/zip_format.hpp"
#include "text.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace xtape::inline XTAPE_ABI::zip {
namespace {

constexpr std::size_t chunk = std::size_t{1} << 16;
constexpr std::size_t longest_comment = 0xffff;

}  // namespace

Reader::Reader(const std::string& path) : file_{path, file_errors("load")} {
  // The last record is at the end, but for a comment.
  std::string tail(std::min<std::uint64_t>(file_.size(), end::size + longest_comment), '\0');
  const std::uint64_t tail_begin = file_.size() - tail.size();
  file_.read_at(tail_begin, tail.data(), tail.size());
  std::size_t at = tail.rfind(end::signature);
  while (at != tail.npos &&
         (tail.size() - at < end::size || get(std::string_view{tail}.substr(at),
                                              end::comment_length) != tail.size() - at - end::size))
    at = at == 0 ? tail.npos : tail.rfind(end::signature, at - 1);
  if (at == tail.npos) fail(" is no npz file: it does not end as a ZIP archive does");

  const std::string_view last = std::string_view{tail}.substr(at);
  std::uint32_t count = get(last, end::entries);
  const std::uint64_t size = get(last, end::directory_size);
  directory_ = get(last, end::directory);
  if (count == entries_elsewhere || size == elsewhere || directory_ == elsewhere)
    fail(" has 4 GB or more, or 65,535 files, which is not supported");
  if (directory_ + size > tail_begin + at) fail(": its directory lies outside the file");
  std::string directory(size, '\0');
  file_.read_at(directory_, directory.data(), size);
  for (std::string_view rest = directory; count > 0; --count) {
    if (rest.size() < central::size || !rest.starts_with(central::signature))
      fail(": its directory is damaged");
    const std::size_t name = get(rest, central::name_length),
                      more = get(rest, central::extra_length) + get(rest, central::comment_length);
    if (rest.size() - central::size < name + more) fail(": its directory is damaged");
    add_entry(rest, std::string{rest.substr(central::size, name)});
    rest.remove_prefix(central::size + name + more);
  }
}

void Reader::add_entry(std::string_view header, std::string name) {
  const auto refuse = [&](const std::string& what) { fail(text(": the file ", name, ' ', what)); };
  const std::uint64_t offset = get(header, central::offset);
  const std::uint32_t method = get(header, central::method);
  Entry entry{.compressed = get(header, central::compressed),
              .size = get(header, central::uncompressed),
              .crc = get(header, central::crc),
              .deflated = method == deflated};
  if (get(header, central::flags) & encrypted) refuse("is encrypted");
  if (method != stored && method != deflated)
    refuse(text("is compressed by the method ", method, ", expected 0 (stored) or 8 (deflated)"));
  if (std::max({entry.compressed, entry.size, offset}) == elsewhere)
    refuse("has 4 GB or more, which is not supported");
  if (method == stored && entry.compressed != entry.size) refuse("has two sizes");
  if (offset + local::size > directory_) refuse("lies outside the archive");
  std::array<char, local::size> record;
  file_.read_at(offset, record.data(), record.size());
  const std::string_view local{record.data(), record.size()};
  if (!local.starts_with(local::signature)) refuse("does not begin where the directory says");
  entry.begin =
      offset + local::size + get(local, local::name_length) + get(local, local::extra_length);
  if (entry.begin + entry.compressed > directory_) refuse("lies outside the archive");
  if (!entries_.emplace(std::move(name), entry).second) fail(" has two files of the same name");
}

void Reader::fail(const std::string& what, const std::string& hint) const {
  throw DataError(Op::nowhere("load"), file_.path() + what, hint);
}

Stream::Stream(const Reader& archive, const Entry& entry, std::string name)
    : archive_{archive},
      entry_{entry},
      name_{std::move(name)},
      bytes_{archive.file_, entry.begin, entry.compressed,
             entry.deflated ? files::Coding::deflate : files::Coding::none,
             [this](const std::string&) { fail("is damaged: it cannot be decompressed"); }} {}

void Stream::read(void* to, std::size_t size) {
  std::span out{static_cast<std::uint8_t*>(to), size};
  if (size > entry_.size - given_) fail("ends too early");
  while (!out.empty()) {  // by parts that are in the cache when they are summed
    const std::size_t count = bytes_.read(out.first(std::min(out.size(), chunk)));
    if (count == 0) fail("ends too early");
    crc_ = static_cast<std::uint32_t>(::crc32(crc_, out.data(), static_cast<uInt>(count)));
    out = out.subspan(count);
    given_ += count;
  }
}

void Stream::finish() {
  std::uint8_t more;
  if (given_ != entry_.size || bytes_.read({&more, 1}) > 0) fail("is longer than expected");
  if (crc_ != entry_.crc) fail("is damaged: its checksum is wrong");
}

void Stream::fail(const std::string& what) const {
  archive_.fail(text(": the array ", name_, ' ', what));
}

}  // namespace xtape::inline XTAPE_ABI::zip
