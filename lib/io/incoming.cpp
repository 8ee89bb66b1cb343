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
bool same(const Value& a, const Value& b) { return same(*a, *b); }
template <class Number>
bool same(const Number& a, const Number& b) {
  return bytes(&a, 1) == bytes(&b, 1);
}

}  // namespace

StateList::Place place_of(const NamedArray& array) {
  if (auto* const* parameter = std::get_if<Parameter*>(&array.owner)) return &(*parameter)->value();
  return &std::get<Buffer*>(array.owner)->value;
}

std::string Incoming::add(const std::string& name, const NamedArray& place, Array array) {
  if (std::holds_alternative<Buffer*>(place.owner))
    return add(name, place_of(place), Value{std::move(array)});
  return add(name, place_of(place), Content{std::move(array)});
}

std::string Incoming::add(const std::string& name, StateList::Place place, Content content) {
  const void* const address = std::visit([](auto* at) -> const void* { return at; }, place);
  const auto [known, added] = known_.emplace(address, items_.size());
  if (added) {
    items_.push_back({name, place, std::move(content)});
    return {};
  }
  const Item& first = items_[known->second];
  const bool equal = std::visit(
      [&](const auto& mine) { return same(mine, std::get<std::decay_t<decltype(mine)>>(content)); },
      first.content);
  if (equal) return {};
  return text(": the arrays ", first.name, " and ", name, " differ, and are one here");
}

void Incoming::exchange() {
  for (Item& item : items_)
    std::visit(
        [&](auto* place) {
          std::swap(*place, std::get<std::remove_pointer_t<decltype(place)>>(item.content));
        },
        item.place);
}

}  // namespace xtape::inline XTAPE_ABI
