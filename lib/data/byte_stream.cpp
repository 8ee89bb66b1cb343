// SPDX-License-Identifier: MIT
#include "data/byte_stream.hpp"

#include "io/input_file.hpp"

#include <xtape/error.hpp>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>

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

// What is at a path, where that is no file; nothing where there may be one, as opening it will tell.
const char* other_than_file(const std::filesystem::path& path) {
  using enum std::filesystem::file_type;
  std::error_code error;
  switch (std::filesystem::status(path, error).type()) {
    case not_found: return "nothing";
    case directory: return "a directory";
    case fifo: return "a pipe";
    case socket: return "a socket";
    case block:
    case character: return "a device";
    default: return nullptr;
  }
}

}  // namespace

struct ByteStream::State {
  std::string name;
  std::optional<InputFile> file;  // none: the bytes are in memory
  std::uint64_t position = 0;     // in the file, of what is to be read next
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
    if (const char* const other = other_than_file(path))
      fail(std::string{"expected a file, found "} + other);
    file.emplace(
        path, [this](const std::string& why) { fail("expected a readable file, found: " + why); });
  }

  // Reads on if there is no input left. False: there is no more.
  bool fill() {
    if (!input.empty()) return true;
    if (!file) return false;
    const auto count = std::min<std::uint64_t>(chunk, file->size() - position);
    const std::string fault = file->read_at(position, buffer.data(), count);
    if (!fault.empty()) fail("expected a readable file, found that it " + fault);
    position += count;
    input = std::span{buffer}.first(count);
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

  // Files from tapes were filled up with zeros to whole blocks, which gzip ignores.
  bool is_padding() {
    if (!inflater->between_members || input[0] != 0) return false;
    while (fill()) {
      const auto other = std::ranges::find_if(input, [](std::uint8_t byte) { return byte != 0; });
      input = input.subspan(static_cast<std::size_t>(other - input.begin()));
      if (!input.empty()) fail_gzip("more behind the zeros at its end");
    }
    return true;
  }

  // May return 0 before the end: a gzip header or trailer gives no bytes.
  std::size_t read_gzip(std::span<std::uint8_t> out, bool& end) {
    const bool more = fill();
    if (!more && !inflater->between_members) fail_gzip("its end too early");
    end = !more || is_padding();
    if (end) return 0;
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

bool ByteStream::compressed() const noexcept { return state_->inflater != nullptr; }

const std::string& ByteStream::name() const noexcept { return state_->name; }

}  // namespace xtape::inline XTAPE_ABI::data
