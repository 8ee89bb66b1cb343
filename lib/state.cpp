// SPDX-License-Identifier: MIT
#include <xtape/state.hpp>

#include "text.hpp"

#include <xtape/error.hpp>

#include <cmath>
#include <limits>

namespace xtape::inline XTAPE_ABI {

void StateList::operator()(std::string_view name, double& number, double least) {
  (*this)(name, number);
  check([name = std::string{name}, &number, least]() -> std::string {
    if (std::isfinite(number) && number >= least) return {};
    const bool bounded = least > std::numeric_limits<double>::lowest();
    return text(name, " is ", number, ", expected a finite number",
                bounded ? text(" of at least ", least) : std::string{});
  });
}

void StateList::operator()(std::string_view name, std::uint64_t& number, std::uint64_t most) {
  (*this)(name, number);
  check([name = std::string{name}, &number, most]() -> std::string {
    if (number <= most) return {};
    return text(name, " is ", number, ", expected at most ", most);
  });
}

void StateList::add(std::string_view name, Place place) {
  std::string path = prefix_ + std::string{name};
  if (!taken_.insert(path).second)
    throw ValueError(Op::nowhere("state"), text("two things are called ", path));
  items_.push_back({std::move(path), place});
}

std::string StateList::wrong() const {
  for (const auto& [prefix, wrong] : checks_)
    if (const std::string what = wrong(); !what.empty()) return prefix + what;
  return {};
}

}  // namespace xtape::inline XTAPE_ABI
