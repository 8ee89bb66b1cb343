// SPDX-License-Identifier: MIT
// What is read from a file, until all of it can go to its places.
#pragma once

#include <xtape/parameter.hpp>
#include <xtape/state.hpp>

#include <map>
#include <string>
#include <variant>
#include <vector>

namespace xtape::inline XTAPE_ABI {

/// Where a model has an array.
StateList::Place place_of(const NamedArray& array);

/// Values and the places that they are for. Nothing changes before all have been read.
class Incoming {
 public:
  /// One for each kind of StateList::Place.
  using Content = std::variant<double, std::uint64_t, std::vector<double>, Array, Value>;

  /// Adds what the file has under `name` for a place. Returns nothing, or what is wrong, as it goes on after
  /// the path: a place that has two names can have one value only.
  [[nodiscard]] std::string add(const std::string& name, StateList::Place place, Content content);
  /// The same for an array of a model.
  [[nodiscard]] std::string add(const std::string& name, const NamedArray& place, Array array);
  /// Exchanges what is in the places and what was read: puts it there or, once more, takes it back.
  void exchange();

 private:
  struct Item {
    std::string name;
    StateList::Place place;
    Content content;
  };
  std::vector<Item> items_;
  std::map<const void*, std::size_t> known_;  // where in items_ a place is
};

}  // namespace xtape::inline XTAPE_ABI
