// SPDX-License-Identifier: MIT
#include "evaluations.hpp"

namespace gradbench {

// The square of a number, and its derivative.
Module hello() {
  const auto square = [](const xtape::Variable& x) { return x * x; };
  return {{"square", [=](const Input& in) { return value(square, in("", 0)); }},
          {"double", [=](const Input& in) { return gradients(square, in("", 0))[0]; }}};
}

}  // namespace gradbench
