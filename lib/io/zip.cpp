// SPDX-License-Identifier: MIT
#include "io/zip.hpp"

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

Reader::Reader(const std::string& path) : file_{path} {
  // The last record is at the end, but for a comment.
  std::string tail(std::min<std::uint64_t>(file_.size(), end::size + longest_comment), '\0');
  const std::uint64_t tail_begin = file_.size() - tail.size();
  read_at(tail_begin, tail.data(), tail.size());
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
  read_at(directory_, directory.data(), size);
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
  read_at(offset, record.data(), record.size());
  const std::string_view local{record.data(), record.size()};
  if (!local.starts_with(local::signature)) refuse("does not begin where the directory says");
  entry.begin =
      offset + local::size + get(local, local::name_length) + get(local, local::extra_length);
  if (entry.begin + entry.compressed > directory_) refuse("lies outside the archive");
  if (!entries_.emplace(std::move(name), entry).second) fail(" has two files of the same name");
}

void Reader::read_at(std::uint64_t offset, void* to, std::size_t size) const {
  if (const std::string why = file_.read_at(offset, to, size); !why.empty()) fail(' ' + why);
}

void Reader::fail(const std::string& what, const std::string& hint) const {
  throw DataError(Op::nowhere("load"), file_.path() + what, hint);
}

// Decompresses what has neither header nor checksum.
struct Stream::Inflater {
  Inflater() {
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&z); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream z{};
  std::array<Bytef, chunk> buffer;
  bool ended = false;
};

Stream::Stream(const Reader& archive, const Entry& entry, std::string name)
    : archive_{archive},
      entry_{entry},
      name_{std::move(name)},
      inflater_{entry.deflated ? std::make_unique<Inflater>() : nullptr} {}

Stream::~Stream() = default;

void Stream::read(void* to, std::size_t size) {
  Bytef* out = static_cast<Bytef*>(to);
  if (size > entry_.size - given_) fail("ends too early");
  while (size > 0) {
    const std::size_t count = some(out, std::min(size, chunk));
    if (count == 0) fail("ends too early");
    crc_ = static_cast<std::uint32_t>(::crc32(crc_, out, static_cast<uInt>(count)));
    out += count;
    size -= count;
    given_ += count;
  }
}

void Stream::finish() {
  char more;
  if (given_ != entry_.size || some(&more, 1) > 0) fail("is longer than expected");
  if (crc_ != entry_.crc) fail("is damaged: its checksum is wrong");
}

// Up to that many bytes; none only at the end.
std::size_t Stream::some(void* to, std::size_t size) {
  const std::uint64_t left = entry_.compressed - taken_;
  if (!inflater_) {
    size = std::min<std::uint64_t>(size, left);
    archive_.read_at(entry_.begin + taken_, to, size);
    taken_ += size;
    return size;
  }
  z_stream& z = inflater_->z;
  z.next_out = static_cast<Bytef*>(to);
  z.avail_out = static_cast<uInt>(size);
  while (!inflater_->ended && z.avail_out == size) {
    if (z.avail_in == 0) {
      const std::size_t count = std::min<std::uint64_t>(chunk, entry_.compressed - taken_);
      archive_.read_at(entry_.begin + taken_, inflater_->buffer.data(), count);
      taken_ += count;
      z.next_in = inflater_->buffer.data();
      z.avail_in = static_cast<uInt>(count);
    }
    const int status = inflate(&z, Z_NO_FLUSH);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status == Z_STREAM_END)
      inflater_->ended = true;
    else if (status != Z_OK)  // also where it wants more than there is
      fail("is damaged: it cannot be decompressed");
  }
  return size - z.avail_out;
}

void Stream::fail(const std::string& what) const {
  archive_.fail(text(": the array ", name_, ' ', what));
}

}  // namespace xtape::inline XTAPE_ABI::zip
