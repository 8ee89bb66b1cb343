// SPDX-License-Identifier: MIT
// The weights of the best epoch so far.
#pragma once

#include <xtape/parameter.hpp>
#include <xtape/state.hpp>

#include <variant>
#include <vector>

namespace xtape::inline XTAPE_ABI {

class BestWeights {
 public:
  /// For a model, with its parameters and buffers as they are.
  explicit BestWeights(const std::vector<NamedArray>& arrays) : arrays_{arrays} {
    for (const NamedArray& array : arrays_) values_.push_back(kept(array));
  }
  /// Keeps the values as they are.
  void keep() {
    for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = kept(arrays_[i]);
  }
  /// Puts those that were kept into the model.
  void restore() const {
    for (std::size_t i = 0; i < values_.size(); ++i)
      if (auto* const* parameter = std::get_if<Parameter*>(&arrays_[i].owner))
        (*parameter)->value() = *values_[i];
      else
        std::get<Buffer*>(arrays_[i].owner)->value = values_[i];
  }
  /// Lists them for a checkpoint.
  void state(StateList& list) {
    for (std::size_t i = 0; i < values_.size(); ++i) list(arrays_[i].name, values_[i]);
  }

 private:
  // Optimizers write to the array of a parameter, nobody to that of a buffer.
  static Value kept(const NamedArray& array) {
    if (std::holds_alternative<Buffer*>(array.owner)) return array.value();
    return Array(*array.value());
  }

  const std::vector<NamedArray>& arrays_;
  std::vector<Value> values_;
};

}  // namespace xtape::inline XTAPE_ABI
