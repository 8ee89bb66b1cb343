// SPDX-License-Identifier: MIT
// The weights of the best epoch so far.
#pragma once

#include <xtape/parameter.hpp>
#include <xtape/state.hpp>

#include <vector>

namespace xtape::inline XTAPE_ABI {

class BestWeights {
 public:
  /// For a model, with its values as they are.
  explicit BestWeights(const std::vector<NamedParameter>& parameters) : parameters_{parameters} {
    for (const auto& [name, parameter] : parameters_)
      values_.push_back(std::as_const(*parameter).value());
  }
  /// Keeps the values as they are.
  void keep() {
    for (std::size_t i = 0; i < values_.size(); ++i)
      values_[i] = std::as_const(*parameters_[i].parameter).value();
  }
  /// Puts those that were kept into the model.
  void restore() const {
    for (std::size_t i = 0; i < values_.size(); ++i) parameters_[i].parameter->value() = values_[i];
  }
  /// Lists them for a checkpoint.
  void state(StateList& list) {
    for (std::size_t i = 0; i < values_.size(); ++i) list(parameters_[i].name, values_[i]);
  }

 private:
  const std::vector<NamedParameter>& parameters_;
  std::vector<Array> values_;
};

}  // namespace xtape::inline XTAPE_ABI
