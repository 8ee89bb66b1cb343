// SPDX-License-Identifier: MIT
#include <xtape/error.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI {
namespace {

std::string place_of(const Location& at) {
  std::string_view file = at.file_name();
  if (file.empty()) return {};
  file.remove_prefix(file.find_last_of('/') + 1);  // npos + 1 is 0
  return std::string{file} + ':' + std::to_string(at.line());
}

// The bytes of the UTF-8 character that a text begins with, or 0 if it begins with none.
std::size_t character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t size = first < 0x80   ? 1
                           : first < 0xc2 ? 0
                           : first < 0xe0 ? 2
                           : first < 0xf0 ? 3
                                          : 4;
  if (size == 0 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const bool longer_than_need =
      (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool no_character =
      (first == 0xed && byte(1) >= 0xa0) || (first == 0xf4 && byte(1) >= 0x90);
  return longer_than_need || no_character ? 0 : size;
}

// Whether a character changes what a terminal does or in which direction it writes, and shows nothing itself.
bool controls(std::string_view c) {
  if (c.empty()) return true;
  if (c.size() == 1) return static_cast<unsigned char>(c[0]) < 0x20 || c[0] == 0x7f;
  if (c.size() == 2) return c < "\u00a0" || c == "\u061c";
  const auto within = [&](std::string_view first, std::string_view last) {
    return c >= first && c <= last;
  };
  return within("\u200b", "\u200f") || within("\u2028", "\u202e") || within("\u2060", "\u206f");
}

// What is written for a byte that is not shown.
std::string escape(char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(byte);
  return {'\\', 'x', digits[value >> 4], digits[value & 15]};
}

// The size of the visible character that a text begins with, or 0.
std::size_t visible(std::string_view text) {
  const std::size_t size = character(text);
  return controls(text.substr(0, size)) ? 0 : size;
}

// Names and texts in an error can be those of a file that nobody trusts: they must show what they are, do
// nothing to a terminal or a log, and not fill it.
std::string shown(std::string_view text) {
  constexpr std::size_t longest = 1 << 14;
  std::string result;
  while (!text.empty() && result.size() < longest) {
    const std::size_t size = visible(text);
    result += size > 0 ? std::string{text.substr(0, size)} : escape(text.front());
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return text.empty() ? result : result + "...";
}

}  // namespace

Error::Error(const Op& op, std::string_view message, std::string_view hint)
    : tag_{op.name}, message_{shown(message)}, hint_{shown(hint)}, place_{place_of(op.at)} {
  compose();
}

void Error::within(std::string_view name, const Location& at) {
  layer_ = layer_.empty() ? std::string{name} : std::string{name} + '.' + layer_;
  place_ = place_of(at);
  compose();
}

void Error::compose() {
  what_ = '[' + tag_ + "] ";
  if (!layer_.empty()) what_ += "layer " + layer_ + ": ";
  what_ += message_;
  if (!place_.empty()) what_ += " at " + place_;
  if (!hint_.empty()) what_ += "; " + hint_;
}

}  // namespace xtape::inline XTAPE_ABI
