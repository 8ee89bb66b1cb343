// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/memory.hpp>

#include <cstddef>

namespace xtape::inline XTAPE_ABI {

/// The bytes of blocks that a thread has taken from the pool less those that it has given back, which may be another's.
struct Taken {
  std::ptrdiff_t now = 0;   ///< so far
  std::ptrdiff_t most = 0;  ///< at once, since it was last set
};
/// That of the calling thread.
Taken& taken() noexcept;

/// What the pool hands out for so many bytes.
std::size_t block_size(std::size_t bytes) noexcept;

}  // namespace xtape::inline XTAPE_ABI
