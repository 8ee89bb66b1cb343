// SPDX-License-Identifier: MIT
/// \file
/// Gradients against finite differences.
#pragma once

#include <xtape/tape.hpp>

#include <functional>
#include <span>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::testing {

/// An op as the check sees it: a result of any shape from some inputs. It must be a function, so a
/// random op has to draw the same numbers each time it is called.
using Function = std::function<Variable(std::span<const Variable> inputs)>;

/// What gradient_error can reach in this build for a smooth op: 1e-6 in double, and in float, where
/// finite differences are that rough, 2e-2.
inline constexpr double gradient_tolerance = sizeof(Scalar) == 8 ? 1e-6 : 2e-2;

/// Options of gradient_error.
struct GradientOptions {
  double step = sizeof(Scalar) == 8 ? 1e-4 : 1e-2;  ///< h of the differences
  std::uint64_t seed = 1;                           ///< of the cotangent, and of random ops
  /// 2 checks gradients of gradients: those of `<t, d <c, f(x)> / dx>`, with random tangents t. Beyond, that again.
  std::size_t order = 1;
  /// Differences along so many random directions of all inputs at once; 0: of each element, which finds out more and
  /// takes longer.
  std::size_t directions = 0;
};

/// Compares the gradient of `<c, f(inputs)>` by every input, with a random cotangent c, to differences
/// of fourth order, (-f(x+2h) + 8 f(x+h) - 8 f(x-h) + f(x-2h)) / 12h, one element at a time or along directions. Returns
/// max |gradient - difference| / max(1, largest |difference|) over all elements of all inputs. It is
/// infinite if a gradient is missing or not a number. Inputs should be some steps away from kinks.
double gradient_error(const Function& f, const std::vector<Array>& inputs,
                      const GradientOptions& options = {});

/// See `gradient_error` for a model, which calls this: the gradients by those of the given parameters that
/// are trainable, of whatever `f` computes on a tape, each time the same. Their gradients are then those of the
/// check.
double gradient_error(const std::function<Variable(Tape&)>& f,
                      std::span<Parameter* const> parameters, const GradientOptions& options = {});

/// The same for a model or layer, by its input x and by all its parameters that are not frozen. Its buffers have
/// their values at the beginning of each pass and in the end, whatever the model does to them.
template <class Model>
double model_gradient_error(Model& model, const Array& x, const GradientOptions& options = {}) {
  Parameter input{x};
  std::vector<Parameter*> all{&input};
  const auto arrays = detail::arrays_of(model);
  for (const auto& [name, parameter] : detail::parameters_of(arrays)) all.push_back(parameter);
  KeptBuffers kept{detail::buffers_of(arrays)};
  const auto pass = [&](Tape& tape) {
    kept.restore();
    return model(tape.parameter(input));
  };
  return gradient_error(pass, all, options);
}

}  // namespace xtape::inline XTAPE_ABI::testing
#pragma GCC visibility pop
