// SPDX-License-Identifier: MIT
#include "io/incoming.hpp"

#include "text.hpp"

#include <string_view>

namespace xtape::inline XTAPE_ABI {
namespace {

// Bit by bit: a NaN is the same as itself.
template <class T>
std::string_view bytes(const T* elements, std::size_t size) {
  return {reinterpret_cast<const char*>(elements), size * sizeof(T)};
}
bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return bytes(a.data(), a.size()) == bytes(b.data(), b.size());
}
bool same(const Array& a, const Array& b) {
  return a.shape() == b.shape() && bytes(a.data(), a.size()) == bytes(b.data(), b.size());
}
template <class Number>
bool same(const Number& a, const Number& b) {
  return bytes(&a, 1) == bytes(&b, 1);
}

}  // namespace

std::string Incoming::add(const std::string& name, StateList::Place place, Value value) {
  const void* const address = std::visit([](auto* at) -> const void* { return at; }, place);
  const auto [known, added] = known_.emplace(address, items_.size());
  if (added) {
    items_.push_back({name, place, std::move(value)});
    return {};
  }
  const Item& first = items_[known->second];
  const bool equal = std::visit(
      [&](const auto& mine) { return same(mine, std::get<std::decay_t<decltype(mine)>>(value)); },
      first.value);
  if (equal) return {};
  return text(": the arrays ", first.name, " and ", name, " differ, and are one here");
}

void Incoming::exchange() {
  for (Item& item : items_)
    std::visit(
        [&](auto* place) {
          std::swap(*place, std::get<std::remove_pointer_t<decltype(place)>>(item.value));
        },
        item.place);
}

}  // namespace xtape::inline XTAPE_ABI
