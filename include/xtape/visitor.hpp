// SPDX-License-Identifier: MIT
/// \file
/// The walker over parameters. Optimizers, clipping, initialising, counting and saving are visitors.
#pragma once

#include <xtape/parameter.hpp>

#include <span>
#include <vector>

namespace xtape::inline XTAPE_ABI {

/// Something that goes over parameters. One pass is `begin` once, `visit` for each, `end` once:
/// ```
/// struct SignDescent : Visitor {
///   void visit(Parameter& p) override { p.value() -= 0.01f * xt::sign(p.grad()); }
/// };
/// tape.backward(loss, SignDescent{});
/// ```
class Visitor {
 public:
  virtual ~Visitor() = default;
  /// Called with all parameters of the pass before the first is visited.
  virtual void begin([[maybe_unused]] std::span<Parameter* const> parameters) {}
  /// Called for each parameter, whose gradient is complete.
  virtual void visit(Parameter& parameter) = 0;
  /// Called after the last parameter.
  virtual void end() {}
};

/// Runs one pass of a visitor over the given parameters.
void walk(std::span<Parameter* const> parameters, Visitor& visitor);

/// Runs each visitor in turn over the trainable parameters of a model.
template <class Model, class... Visitors>
void visit(Model& model, Visitors&&... visitors) {
  std::vector<Parameter*> trainable;
  for (const auto& [name, parameter] : parameters(model))
    if (parameter->trainable) trainable.push_back(parameter);
  (walk(trainable, visitors), ...);
}

}  // namespace xtape::inline XTAPE_ABI
