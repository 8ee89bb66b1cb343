// SPDX-License-Identifier: MIT
#include <xtape/tape/used_parameters.hpp>

#include <algorithm>
#include <bit>

namespace xtape::inline XTAPE_ABI::detail {
namespace {

constexpr std::size_t few_parameters = 32;
constexpr std::uint32_t no_place = ~std::uint32_t{0};

// Where the search for a parameter begins in a table whose size is a power of two.
std::size_t first_slot(const Parameter* parameter, std::size_t size) {
  const auto bits = std::uint64_t{reinterpret_cast<std::uintptr_t>(parameter)};
  return ((bits * 0x9e37'79b9'7f4a'7c15) >> 32) & (size - 1);  // by the golden ratio, after Knuth
}
std::size_t next_slot(std::size_t slot, std::size_t size) { return (slot + 1) & (size - 1); }

}  // namespace

std::size_t UsedParameters::place_of(const Parameter& parameter) const {
  if (table_.empty()) {
    const auto known = std::ranges::find(parameters_, &parameter);
    return static_cast<std::size_t>(known - parameters_.begin());
  }
  std::size_t slot = first_slot(&parameter, table_.size());
  while (table_[slot] != no_place && parameters_[table_[slot]] != &parameter)
    slot = next_slot(slot, table_.size());
  return table_[slot];
}

const Parameter& UsedParameters::of(std::uint32_t node) const {
  const auto known = std::ranges::lower_bound(nodes_, node);
  return *parameters_[static_cast<std::size_t>(known - nodes_.begin())];
}

// Few parameters are found soonest one by one. Of many a table says where to look, at least half of it free.
void UsedParameters::add(Parameter& parameter, std::uint32_t node) {
  parameters_.push_back(&parameter);
  nodes_.push_back(node);
  const auto enter = [this](std::size_t place) {
    std::size_t slot = first_slot(parameters_[place], table_.size());
    while (table_[slot] != no_place) slot = next_slot(slot, table_.size());
    table_[slot] = static_cast<std::uint32_t>(place);
  };
  if (size() <= few_parameters) return;
  if (2 * size() <= table_.size()) return enter(size() - 1);
  table_.assign(std::bit_ceil(4 * size()), no_place);
  for (std::size_t place = 0; place < size(); ++place) enter(place);
}

}  // namespace xtape::inline XTAPE_ABI::detail
