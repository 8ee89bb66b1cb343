// SPDX-License-Identifier: MIT
#include "files/byte_stream.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace xtape::files {
namespace {

// What is read of a file, and what zlib is asked for, at a time.
constexpr std::size_t chunk = std::size_t{1} << 16;

}  // namespace

bool is_gzip(std::span<const std::uint8_t> bytes) noexcept {
  return bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

bool is_gzip(const InputFile& file) {
  std::array<std::uint8_t, 2> begin{};
  file.read_at(0, begin.data(), std::min<std::uint64_t>(begin.size(), file.size()));
  return is_gzip(begin);
}

// zlib's decompressor, and what waits for it.
struct ByteStream::Inflater {
  explicit Inflater(Coding coding) : gzip{coding == Coding::gzip}, inside{!gzip} {
    // With the header, the length and the CRC-32 of gzip, or with nothing around.
    if (inflateInit2(&stream, gzip ? 16 + MAX_WBITS : -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream stream{};
  bool gzip;
  bool inside;  // of what is compressed, or before it; false behind it and between two members
  std::array<std::uint8_t, chunk> buffer;
};

ByteStream::ByteStream(const InputFile& file, std::uint64_t begin, std::uint64_t size,
                       Coding coding, Damaged damaged)
    : ByteStream{{}, coding, std::move(damaged)} {
  file_ = &file;
  next_ = begin;
  end_ = begin + size;
}

ByteStream::ByteStream(std::span<const std::uint8_t> bytes, Coding coding, Damaged damaged)
    : input_{bytes},
      damaged_{std::move(damaged)},
      inflater_{coding == Coding::none ? nullptr : std::make_unique<Inflater>(coding)} {}

ByteStream::~ByteStream() = default;

std::size_t ByteStream::read(std::span<std::uint8_t> out) {
  if (!inflater_) return copy(out);
  std::size_t count = 0;
  while (count < out.size() && !at_end()) count += inflate(out.subspan(count));
  return count;
}

std::size_t ByteStream::copy(std::span<std::uint8_t> out) {
  if (file_ != nullptr) {
    out = out.first(std::min<std::uint64_t>(out.size(), end_ - next_));
    file_->read_at(next_, out.data(), out.size());
    next_ += out.size();
  } else {
    out = out.first(std::min(out.size(), input_.size()));
    std::copy_n(input_.begin(), out.size(), out.begin());
    input_ = input_.subspan(out.size());
  }
  return out.size();
}

// A part of `out`: none where a header or a trailer gives no bytes.
std::size_t ByteStream::inflate(std::span<std::uint8_t> out) {
  if (!fill()) damaged_("its end too early");
  z_stream& z = inflater_->stream;
  z.next_in = const_cast<Bytef*>(input_.data());  // zlib does not write to it
  z.avail_in = static_cast<uInt>(std::min(input_.size(), chunk));
  z.next_out = out.data();
  z.avail_out = static_cast<uInt>(std::min(out.size(), chunk));
  const std::size_t available = z.avail_in, wanted = z.avail_out;
  const int status = ::inflate(&z, Z_NO_FLUSH);
  if (status == Z_MEM_ERROR) throw std::bad_alloc();
  if (status != Z_OK && status != Z_STREAM_END)
    damaged_(z.msg != nullptr ? z.msg : "an error of zlib");
  input_ = input_.subspan(available - z.avail_in);
  inflater_->inside = status != Z_STREAM_END;
  if (!inflater_->inside) inflateReset(&z);
  return wanted - z.avail_out;
}

bool ByteStream::at_end() {
  if (inflater_->inside) return false;
  if (!inflater_->gzip || !fill()) return true;
  if (input_[0] != 0) return false;  // another member
  check_padding();
  return true;
}

// Files from tapes were filled up with zeros to whole blocks.
void ByteStream::check_padding() {
  while (fill()) {
    const auto other = std::ranges::find_if(input_, [](std::uint8_t byte) { return byte != 0; });
    input_ = input_.subspan(static_cast<std::size_t>(other - input_.begin()));
    if (!input_.empty()) damaged_("more behind the zeros at its end");
  }
}

// Reads on if there is no input left. False: there is no more.
bool ByteStream::fill() {
  if (!input_.empty() || file_ == nullptr) return !input_.empty();
  const auto count = std::min<std::uint64_t>(chunk, end_ - next_);
  file_->read_at(next_, inflater_->buffer.data(), count);
  next_ += count;
  input_ = std::span{inflater_->buffer}.first(count);
  return count > 0;
}

}  // namespace xtape::files
