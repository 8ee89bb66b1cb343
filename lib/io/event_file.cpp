// SPDX-License-Identifier: MIT
#include <xtape/io/event_file.hpp>

#include "files/errors.hpp"
#include "files/place.hpp"
#include "io/protobuf.hpp"
#include "json.hpp"
#include "text.hpp"

#include <boost/crc.hpp>

#include <bit>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace xtape::inline XTAPE_ABI {
namespace {

using protobuf::bytes;
using protobuf::field;

const Op op = Op::nowhere("event_file");

// Makes a file that was not there. Returns -1, with errno set, if it cannot be.
int make_file(const std::string& path) {
  const files::Place place{path, file_errors(op)};
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
  files::Descriptor file{::openat(place.folder.get(), place.name.c_str(), flags, 0666)};
  return file.release();
}

// The beginning of a tensorflow.Event: wall_time, in seconds.
std::string event_now() {
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  return field(1, now.count());
}

// A checksum that may be part of data of which another is taken (TensorFlow's core/lib/hash/crc32c.h).
std::string masked_crc(const std::string& data) {
  boost::crc_optimal<32, 0x1edc6f41, 0xffffffff, 0xffffffff, true, true> crc32c;
  crc32c.process_bytes(data.data(), data.size());
  return bytes(std::rotr(static_cast<std::uint32_t>(crc32c.checksum()), 15) + 0xa282ead8u);
}

std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0) return "localhost";
  return name;
}

}  // namespace

EventFile::EventFile(const std::string& directory) : EventFile{} {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    throw DataError(op, text("cannot make the directory ", directory, ": ", error.message()));
  const std::string name =
      text("events.out.tfevents.", ::time(nullptr), '.', host_name(), '.', ::getpid());
  for (int number = 0; file_ < 0; ++number) {  // there may be others of this second
    path_ = (std::filesystem::path{directory} / text(name, '.', number)).string();
    file_ = make_file(path_);
    if (file_ < 0 && errno != EEXIST) fail();
  }
  write(event_now() + field(3, "brain.Event:2"));  // file_version, which must come first
}

EventFile::~EventFile() { ::close(file_); }

void EventFile::scalar(std::string_view tag, std::uint64_t step, double value) {
  if (!is_utf8(tag)) throw ValueError(op, "the tag is no UTF-8 text");
  const std::string point = field(1, tag) + field(2, static_cast<float>(value));  // Summary.Value
  const std::string summary = field(1, point);
  write(event_now() + field(2, step) + field(5, summary));
}

void EventFile::write(const std::string& event) {
  const std::string length = bytes(static_cast<std::uint64_t>(event.size()));
  const std::string record = length + masked_crc(length) + event + masked_crc(event);
  if (!files::append_all(file_, size_, record)) fail();
  size_ += static_cast<std::int64_t>(record.size());
}

void EventFile::fail() const { files::fail_with_errno(file_errors(op), "cannot write", path_); }

}  // namespace xtape::inline XTAPE_ABI
