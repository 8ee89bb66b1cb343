// SPDX-License-Identifier: MIT
#include "data/idx_stream.hpp"

#include "files/errors.hpp"

#include <utility>

namespace xtape::inline XTAPE_ABI::data {
namespace {

files::Coding coding(bool gzip) { return gzip ? files::Coding::gzip : files::Coding::none; }

files::ByteStream::Damaged fail_gzip(const std::string& name) {
  return [name](const std::string& found) {
    throw DataError(Op::nowhere("idx"), name + ": expected intact gzip data, found " + found,
                    "the file is damaged");
  };
}

}  // namespace

IdxStream::IdxStream(const std::filesystem::path& path)
    : name_{path.string()}, file_{std::in_place, name_, file_errors("idx")} {
  compressed_ = files::is_gzip(*file_);
  bytes_.emplace(*file_, 0, file_->size(), coding(compressed_), fail_gzip(name_));
}

IdxStream::IdxStream(std::string name, std::span<const std::uint8_t> bytes)
    : name_{std::move(name)}, compressed_{files::is_gzip(bytes)} {
  bytes_.emplace(bytes, coding(compressed_), fail_gzip(name_));
}

}  // namespace xtape::inline XTAPE_ABI::data
