// SPDX-License-Identifier: MIT
#include <xtape/version.hpp>

#define TEXT(number) #number
#define VERSION(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)

namespace xtape::inline XTAPE_ABI {

const char* version() noexcept {
  return VERSION(XTAPE_VERSION_MAJOR, XTAPE_VERSION_MINOR, XTAPE_VERSION_PATCH);
}

}  // namespace xtape::inline XTAPE_ABI
