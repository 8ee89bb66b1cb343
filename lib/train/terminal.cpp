// SPDX-License-Identifier: MIT
#include "train/terminal.hpp"

#include <charconv>
#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace xtape::inline XTAPE_ABI {
namespace {

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

bool can_redraw(std::FILE* file) {
  const std::string_view kind = environment("TERM");
  return ::isatty(::fileno(file)) == 1 && !kind.empty() && kind != "dumb";
}

std::size_t line_width(std::FILE* file) {
  struct winsize size = {};
  std::size_t columns = 0;
  if (::ioctl(::fileno(file), TIOCGWINSZ, &size) == 0) columns = size.ws_col;
  const std::string_view given = environment("COLUMNS");
  if (columns == 0) std::from_chars(given.data(), given.data() + given.size(), columns);
  return (columns == 0 ? 80 : columns) - 1;
}

}  // namespace xtape::inline XTAPE_ABI
