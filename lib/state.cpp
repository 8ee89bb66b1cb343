// SPDX-License-Identifier: MIT
#include <xtape/state.hpp>

#include "text.hpp"

#include <xtape/error.hpp>

namespace xtape::inline XTAPE_ABI {

void StateList::add(std::string_view name, Place place) {
  std::string path = prefix_ + std::string{name};
  if (!taken_.insert(path).second)
    throw ValueError(Op::nowhere("state"), text("two things are called ", path));
  items_.push_back({std::move(path), place});
}

}  // namespace xtape::inline XTAPE_ABI
