// SPDX-License-Identifier: MIT
// What a task lists.
#pragma once

#include "text.hpp"

#include <xtape/error.hpp>
#include <xtape/parameter.hpp>

#include <span>
#include <unordered_set>

namespace xtape::inline XTAPE_ABI {

/// The parameters of a task. A parameter that is trained but not listed would be missing in every file of weights.
class Listed {
 public:
  explicit Listed(std::span<const NamedArray> arrays) {
    for (const auto& [name, parameter] : detail::parameters_of(arrays)) all_.insert(parameter);
  }
  /// Throws ValueError unless it has them. In each step, as each may use others.
  void check(const Op& op, std::span<Parameter* const> used) const {
    for (const Parameter* parameter : used)
      if (!all_.contains(parameter))
        throw ValueError(op,
                         text("the model uses a parameter of shape ", parameter->shape(),
                              " that it does not list"),
                         "does each of its layers have a public parameters(ParameterList&)?");
  }

 private:
  std::unordered_set<const Parameter*> all_;
};

}  // namespace xtape::inline XTAPE_ABI
