// SPDX-License-Identifier: MIT
/// \file
/// The walker over parameters. Optimizers and clipping are visitors, and so is whatever else goes over the
/// parameters of a pass or a model.
#pragma once

#include <xtape/parameter.hpp>
#include <xtape/state.hpp>

#include <span>
#include <vector>

#pragma GCC visibility push(default)
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
  /// What it is called in a profile.
  virtual const char* name() const noexcept { return "visitor"; }
  /// How many bytes a visit reads and writes per element of a parameter, for a profile; 0 if unknown.
  virtual std::size_t bytes_per_element() const noexcept { return 0; }
  /// Called with all parameters of the pass before the first is visited.
  virtual void begin([[maybe_unused]] std::span<Parameter* const> parameters) {}
  /// Called for each parameter, whose gradient is complete.
  virtual void visit(Parameter& parameter) = 0;
  /// Called after the last parameter.
  virtual void end() {}
  /// Lists what a Checkpoint keeps of it. One that has nothing to go on with lists nothing.
  virtual void state([[maybe_unused]] StateList& list) {}
};

/// Runs one pass of a visitor over the given parameters, seen by this thread's observers.
void walk(std::span<Parameter* const> parameters, Visitor& visitor);

/// Runs each visitor in turn over the trainable parameters of a model, each once, however many names it
/// has.
template <class Model, class... Visitors>
void visit(Model& model, Visitors&&... visitors) {
  std::vector<Parameter*> trainable = unique_parameters(model);
  std::erase_if(trainable, [](const Parameter* parameter) { return !parameter->trainable; });
  (walk(trainable, visitors), ...);
}

/// Sets the gradients to zero, before `Tape::accumulate` adds to them. `Tape::backward` needs no such
/// thing.
struct ZeroGrad : Visitor {
  const char* name() const noexcept override { return "zero_grad"; }
  void visit(Parameter& parameter) override;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
