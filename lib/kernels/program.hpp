// SPDX-License-Identifier: MIT
// A formula as a list of steps.
#pragma once

#include "kernels/functions.hpp"

#include <vector>

namespace xtape::inline XTAPE_ABI::kernels {

/// What a formula may have of inputs, numbers, and intermediate results that are needed at once.
inline constexpr std::size_t most_inputs = 8, most_numbers = 32, most_registers = 8;

/// One function, from slots to a slot: first come the inputs, then the numbers, then the registers.
struct Step {
  Function function;
  std::uint8_t to;
  std::uint8_t from[most_sources];

  bool operator==(const Step&) const = default;
};

/// A formula. The last step's result is that of the formula.
struct Program {
  std::size_t inputs;
  std::vector<Scalar> numbers;
  std::vector<Step> steps;
  std::size_t registers;  ///< as the steps before the last need
  std::uint32_t reads;    ///< bit i: whether input i is read

  bool operator==(const Program&) const = default;
  /// Whether the result is an input as it is.
  bool is_input(std::size_t i) const {
    return steps.size() == 1 && steps[0].function == Function::copy && steps[0].from[0] == i;
  }
};

}  // namespace xtape::inline XTAPE_ABI::kernels
