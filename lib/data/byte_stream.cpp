// SPDX-License-Identifier: MIT
#include "data/byte_stream.hpp"

#include "text.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace xtape::inline XTAPE_ABI::data {
namespace {

// zlib's decompressor, set up for gzip with its header, length and CRC-32.
class Inflater {
 public:
  Inflater() {
    if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream stream{};
  bool between_members = true;
};

// What a file gives is no longer than this at a time, nor what zlib is asked for.
constexpr std::size_t chunk = std::size_t{1} << 16;

}  // namespace

struct ByteStream::State {
  std::string name;
  std::ifstream file;
  std::array<std::uint8_t, chunk> buffer;
  std::span<const std::uint8_t> input;  // what was read and not yet used
  std::unique_ptr<Inflater> inflater;   // none: the bytes are plain

  [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const {
    throw DataError(Op::nowhere("idx"), name + ": " + what, hint);
  }
  [[noreturn]] void fail_gzip(const std::string& found) const {
    fail("expected intact gzip data, found " + found, "the file is damaged");
  }

  void open(const std::filesystem::path& path) {
    std::error_code error;  // what else is wrong, opening will tell
    const auto type = std::filesystem::status(path, error).type();
    if (type == std::filesystem::file_type::not_found) fail("expected a file, found nothing");
    if (type == std::filesystem::file_type::directory) fail("expected a file, found a directory");
    errno = 0;
    file.open(path, std::ios::binary);
    if (!file) fail(text("expected a readable file, found: ", std::strerror(errno)));
  }

  // Reads on if there is no input left. False: there is no more.
  bool fill() {
    if (!input.empty()) return true;
    if (!file.is_open()) return false;
    file.read(reinterpret_cast<char*>(buffer.data()), chunk);
    if (file.bad()) fail("expected a readable file, found an input error");
    input = std::span{buffer}.first(static_cast<std::size_t>(file.gcount()));
    return !input.empty();
  }

  void detect_gzip() {
    fill();
    if (input.size() >= 2 && input[0] == 0x1f && input[1] == 0x8b)
      inflater = std::make_unique<Inflater>();
  }

  std::size_t read_plain(std::span<std::uint8_t> out) {
    if (!fill()) return 0;
    const std::size_t count = std::min(out.size(), input.size());
    std::copy_n(input.begin(), count, out.begin());
    input = input.subspan(count);
    return count;
  }

  // May return 0 before the end: a gzip header or trailer gives no bytes.
  std::size_t read_gzip(std::span<std::uint8_t> out, bool& end) {
    if (!fill()) {
      if (!inflater->between_members) fail_gzip("its end too early");
      end = true;
      return 0;
    }
    z_stream& z = inflater->stream;
    z.next_in = const_cast<Bytef*>(input.data());  // zlib does not write to it
    z.avail_in = static_cast<uInt>(std::min(input.size(), chunk));
    z.next_out = out.data();
    z.avail_out = static_cast<uInt>(std::min(out.size(), chunk));
    const std::size_t available = z.avail_in, wanted = z.avail_out;
    inflater->between_members = false;
    const int status = inflate(&z, Z_NO_FLUSH);
    input = input.subspan(available - z.avail_in);
    if (status == Z_STREAM_END) {
      inflateReset(&z);
      inflater->between_members = true;
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status != Z_OK) {
      fail_gzip(z.msg != nullptr ? z.msg : "an error of zlib");
    }
    return wanted - z.avail_out;
  }
};

ByteStream::ByteStream(const std::filesystem::path& path) : state_{std::make_unique<State>()} {
  state_->name = path.string();
  state_->open(path);
  state_->detect_gzip();
}

ByteStream::ByteStream(std::string name, std::span<const std::uint8_t> bytes)
    : state_{std::make_unique<State>()} {
  state_->name = std::move(name);
  state_->input = bytes;
  state_->detect_gzip();
}

ByteStream::~ByteStream() = default;

std::size_t ByteStream::read(std::span<std::uint8_t> out) {
  std::size_t count = 0;
  for (bool end = false; !end && count < out.size();) {
    const auto rest = out.subspan(count);
    if (state_->inflater) {
      count += state_->read_gzip(rest, end);
    } else {
      const std::size_t got = state_->read_plain(rest);
      count += got;
      end = got == 0;
    }
  }
  return count;
}

const std::string& ByteStream::name() const noexcept { return state_->name; }

}  // namespace xtape::inline XTAPE_ABI::data
