// SPDX-License-Identifier: MIT
// The functions that formulas are made of, each as a loop.
#pragma once

#include "kernels/family.hpp"

#include <cstddef>
#include <cstdint>

namespace xtape::inline XTAPE_ABI::kernels {

/// What a step of a formula does. By the number of its sources: one, two, three and four.
enum class Function : std::uint8_t {
  copy,
  negate,
  abs,
  sign,
  sqrt,
  exp,
  expm1,
  log,
  log1p,
  tanh,
  sigmoid,
  softplus,
  erf,
  normal_cdf,
  sin,
  cos,
  floor,
  round,
  add,
  subtract,
  multiply,
  divide,
  less,
  less_equal,
  equal,
  maximum,
  minimum,
  pow,
  gelu_slope,
  where,
  quotient_slope,
  power_slope,
  exponent_slope,
  multiply_add,
  less_where,
  equal_where,
};
inline constexpr std::size_t function_count = 36, most_sources = 4;

/// How many sources a function has.
constexpr std::size_t sources_of(Function f) {
  return f < Function::add ? 1 : f < Function::where ? 2 : f < Function::less_where ? 3 : 4;
}

/// A function that is two of the others in one step, which saves a pass over the first-level cache: the second, of what
/// the first gives and of its other sources.
struct Pair {
  Function both, first, second;
};
inline constexpr Pair pairs[] = {
    {Function::multiply_add, Function::multiply, Function::add},
    {Function::less_where, Function::less, Function::where},
    {Function::equal_where, Function::equal, Function::where},
};

/// What a function reads: elements that follow each other, or one for all.
struct Source {
  const Scalar* data;
  bool repeated = false;
};

/// y[i] = f(from[0][i], from[1][i], ...); y may be an array that is read.
using Apply = void (*)(const Source* from, Scalar* y, std::size_t size);

struct FunctionKernels {
  Apply apply[function_count];
  /// y[i] = x[place[i]], where each place is the one before or the next.
  void (*repeat)(const Scalar* x, const std::uint16_t* place, Scalar* y, std::size_t size);
  /// y = y normal_cdf(y), and the derivative of that, unless `slope` is null.
  void (*gelu)(Scalar* y, Scalar* slope, std::size_t size);
  /// The sum of x, in double.
  double (*sum)(const Scalar* x, std::size_t size);
};
XTAPE_KERNEL_FAMILY(FunctionKernels)

}  // namespace xtape::inline XTAPE_ABI::kernels
