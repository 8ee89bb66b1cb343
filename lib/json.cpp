// SPDX-License-Identifier: MIT
#include "json.hpp"

#include <nlohmann/json.hpp>

namespace xtape::inline XTAPE_ABI {

bool is_utf8(std::string_view text) {
  try {
    nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

std::string json_string(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace xtape::inline XTAPE_ABI
