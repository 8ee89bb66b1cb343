// SPDX-License-Identifier: MIT
// Downloads and digests, where the build has libcurl and OpenSSL (XTAPE_WITH_CURL).
#pragma once

#include <xtape/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace xtape::inline XTAPE_ABI::data {

/// Throws DataError: `[download] <what>; <hint>`.
[[noreturn]] inline void fail_to_download(const std::string& what, const std::string& hint = {}) {
  throw DataError(Op::nowhere("download"), what, hint);
}

/// Whether this build can download. If not, the functions below throw DataError.
bool can_download() noexcept;

/// What a URL (http, https or file) delivers. Follows redirects to http and https. Throws DataError
/// if it cannot be had, is longer than `max_bytes`, gets slower than 10 kB/s for 30 s, or takes longer than
/// `most`.
std::vector<std::uint8_t> fetch(const std::string& url, std::size_t max_bytes,
                                std::chrono::milliseconds most);

/// The SHA-256 digest of the parts one after the other, in hexadecimal.
std::string sha256(std::initializer_list<std::span<const std::uint8_t>> parts);

}  // namespace xtape::inline XTAPE_ABI::data
