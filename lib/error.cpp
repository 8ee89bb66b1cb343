// SPDX-License-Identifier: MIT
#include <xtape/error.hpp>

namespace xtape::inline XTAPE_ABI {
namespace {

std::string place_of(const Location& at) {
  std::string_view file = at.file_name();
  if (file.empty()) return {};
  file.remove_prefix(file.find_last_of('/') + 1);  // npos + 1 is 0
  return std::string{file} + ':' + std::to_string(at.line());
}

}  // namespace

Error::Error(const Op& op, std::string message, std::string hint)
    : tag_{op.name}, message_{std::move(message)}, hint_{std::move(hint)}, place_{place_of(op.at)} {
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
