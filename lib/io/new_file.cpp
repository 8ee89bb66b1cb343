// SPDX-License-Identifier: MIT
#include "io/new_file.hpp"

#include "text.hpp"

#include <xtape/io/writable.hpp>

namespace xtape::inline XTAPE_ABI {

files::Fail fail_to_write(const char* op) {
  return [op](const char* what, const std::string& path, const std::string& why) {
    throw DataError(Op::nowhere(op), text(what, ' ', path, ": ", why));
  };
}

void check_writable(const std::string& path, const char* op) {
  files::NewFile{path, fail_to_write(op)}.rehearse();
}

}  // namespace xtape::inline XTAPE_ABI
