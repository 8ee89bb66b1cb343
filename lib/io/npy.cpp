// SPDX-License-Identifier: MIT
#include "io/npy.hpp"

#include "text.hpp"

#include <charconv>

namespace xtape::inline XTAPE_ABI::npy {
namespace {

constexpr std::size_t alignment = 64;  // of the elements in the file
constexpr std::size_t most_axes = 64;  // as in numpy

// Takes a dictionary apart. Each function takes what it expects off the front of the text, or does not.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_{text} {}

  std::optional<Header> dictionary() {
    Header header;
    if (!take("{")) return {};
    unsigned seen = 0;
    for (bool more = true; !take("}");) {
      if (!more) return {};
      const std::optional<std::string> key = string();
      if (!key || !take(":")) return {};
      const unsigned bit = *key == "descr" ? 1 : *key == "fortran_order" ? 2 : 4;
      if ((seen & bit) != 0 || (bit == 4 && *key != "shape")) return {};
      seen |= bit;
      if (!(bit == 1 ? type(header) : bit == 2 ? truth(header) : shape(header))) return {};
      more = take(",");
    }
    skip();
    if (seen != 7 || !rest_.empty()) return {};
    return header;
  }

 private:
  void skip() {
    const std::size_t first = rest_.find_first_not_of(" \t\r\n\f");
    rest_.remove_prefix(first == rest_.npos ? rest_.size() : first);
  }
  bool take(std::string_view expected) {
    skip();
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  std::optional<std::string> string() {
    skip();
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) return {};
    const std::size_t end = rest_.find(rest_[0], 1);
    if (end == rest_.npos) return {};
    const std::string value{rest_.substr(1, end - 1)};
    rest_.remove_prefix(end + 1);
    return value;
  }
  bool type(Header& header) {
    const std::optional<std::string> value = string();
    if (value) header.type = *value;
    return value.has_value();
  }
  bool truth(Header& header) {
    header.fortran_order = take("True");
    return header.fortran_order || take("False");
  }
  bool shape(Header& header) {
    if (!take("(")) return false;
    while (!take(")")) {
      std::size_t size = 0;
      skip();
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (error != std::errc{} || header.shape.size() == most_axes) return false;
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      if (rest_.starts_with('L')) rest_.remove_prefix(1);  // a long integer of Python 2
      header.shape.push_back(size);
      if (!take(",")) return header.shape.size() > 1 && take(")");  // (2) is no tuple
    }
    return true;
  }

  std::string_view rest_;
};

}  // namespace

std::string header(const Shape& shape) {
  std::string dictionary = text("{'descr': '", scalar_type,
                                "', 'fortran_order': False, 'shape': ", to_string(shape), ", }");
  const std::size_t before = magic.size() + 4;  // two bytes of the version, two of the length
  const std::size_t all = (before + dictionary.size() + alignment) / alignment * alignment;
  dictionary.append(all - before - dictionary.size() - 1, ' ') += '\n';
  const auto length = static_cast<std::uint16_t>(dictionary.size());
  return std::string{magic} + '\1' + '\0' + static_cast<char>(length) +
         static_cast<char>(length >> 8) + dictionary;
}

std::optional<Header> parse(std::string_view dictionary) { return Parser{dictionary}.dictionary(); }

}  // namespace xtape::inline XTAPE_ABI::npy
