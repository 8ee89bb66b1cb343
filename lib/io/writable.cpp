// SPDX-License-Identifier: MIT
#include <xtape/io/writable.hpp>

#include "files/errors.hpp"
#include "files/new_file.hpp"

namespace xtape::inline XTAPE_ABI {

void check_writable(const std::string& path, const char* op) {
  files::NewFile{path, file_errors(op)}.rehearse();
}

}  // namespace xtape::inline XTAPE_ABI
