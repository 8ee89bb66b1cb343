// SPDX-License-Identifier: MIT
// Every kind of optimizer, each in a row beside its formula, for what holds for all of them.
#pragma once

#include "trajectory.hpp"

#include <functional>
#include <memory>

namespace test {

/// A kind of optimizer.
struct Case {
  std::string_view name;  ///< by which make_optimizer makes one of the kind
  /// Makes a new one, with all the state that it can have.
  std::function<std::unique_ptr<Optimizer>()> make;
  std::vector<std::string> slots;  ///< the names of its state
  State initial;                   ///< the elements of its state before the first step
  /// As in the publication or in the software that it follows.
  Rule rule;
  /// What makes one of options that it must refuse, and what it says.
  struct Refused {
    void (*make)();
    std::string error;
  };
  std::vector<Refused> refused;
  bool mixes = false;  ///< whether an element of a matrix moves by the gradients of all
};

/// One of every kind, and of each that has a name.
const std::vector<Case>& cases();

}  // namespace test
