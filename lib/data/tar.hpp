// SPDX-License-Identifier: MIT
// Archives of files.
#pragma once

#include <xtape/config.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace xtape::inline XTAPE_ABI::data {

/// Reads a tar archive (POSIX.1-1988, ustar) that is gzip-compressed, from the first file to the last. For a regular
/// file of which `wanted` says so by its name, without its directories, `take` gets that name and the bytes. Throws
/// DataError, which begins with `name`, where the archive is damaged, or a file that is wanted has more than `most`
/// bytes.
void read_tar(const std::string& name, std::span<const std::uint8_t> archive, std::uint64_t most,
              const std::function<bool(const std::string&)>& wanted,
              const std::function<void(const std::string&, std::vector<std::uint8_t>)>& take);

}  // namespace xtape::inline XTAPE_ABI::data
