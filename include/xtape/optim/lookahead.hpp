// SPDX-License-Identifier: MIT
/// \file
/// Lookahead, around any optimizer.
#pragma once

#include <xtape/visitor.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <utility>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Options of lookahead: those of the paper for CIFAR-10.
struct LookaheadOptions {
  std::uint64_t interval = 5;  ///< k, in steps, at least 1
  double alpha = 0.5;          ///< how far the slow weights follow, in [0, 1]
};

namespace detail {
// Weights that follow those of an optimizer from time to time, and take it back to them.
class SlowWeights {
 public:
  SlowWeights(const Op& op, const LookaheadOptions& options);
  // Before a step.
  void begin(std::span<Parameter* const> parameters);
  // After the step of a parameter.
  void follow(Parameter& parameter);
  void state(StateList& list);
  std::uint64_t steps() const noexcept { return steps_; }

 private:
  LookaheadOptions options_;
  std::uint64_t steps_ = 0;
  PerParameter<Array> slow_;
};
}  // namespace detail

/// An optimizer that looks ahead. See `lookahead`.
template <class V>
class Lookahead : public Visitor {
 public:
  /// Throws ValueError for an option out of its range.
  Lookahead(V&& optimizer, const LookaheadOptions& options, Location at = Location::current())
      : slow_{{"lookahead", at}, options}, optimizer_{std::forward<V>(optimizer)} {}

  auto& operator*() noexcept {
    return optimizer_;
  }  ///< the optimizer, as to change its learning rate
  auto* operator->() noexcept { return &optimizer_; }  ///< the optimizer

  const char* name() const noexcept override { return "lookahead"; }
  /// The optimizer's: the slow weights are seldom touched.
  std::size_t bytes_per_element() const noexcept override { return optimizer_.bytes_per_element(); }
  std::span<Parameter* const> select(std::span<Parameter* const> parameters) override {
    return optimizer_.select(parameters);
  }
  void begin(std::span<Parameter* const> parameters) override {
    slow_.begin(parameters);
    optimizer_.begin(parameters);
  }
  void visit(Parameter& parameter) override {
    optimizer_.visit(parameter);
    slow_.follow(parameter);
  }
  void end() override { optimizer_.end(); }
  bool complete() const noexcept override { return optimizer_.complete(); }
  void ready(Parameter& parameter) override { optimizer_.ready(parameter); }
  /// Lists the steps, for each parameter its slow weights, as `0.weight.slow`, and what the optimizer lists, as
  /// `optimizer`.
  void state(StateList& list) override {
    slow_.state(list);
    list("optimizer", optimizer_);
  }

 private:
  detail::SlowWeights slow_;
  V optimizer_;  // or a reference to it
};

/// Makes an optimizer look ahead (Zhang et al., "Lookahead optimizer: k steps forward, 1 step back", 2019): slow weights
/// s begin where the weights w do, and after every k-th step
/// ```
/// s += alpha * (w - s);  w = s
/// ```
/// so that the optimizer may go far and yet not lose its way: `fit(net, train, test, {}, rng, lookahead(adam))`. What
/// the optimizer keeps stays as it is. It is kept by reference if it has a name, and then must outlive the result, or
/// else in the result: `auto ahead = lookahead(Adam{})`. Slow weights are made when a parameter is first seen. Throws
/// ValueError for an option out of its range.
template <class V>
requires std::derived_from<std::remove_reference_t<V>, Visitor> Lookahead<V> lookahead(
    V&& optimizer, const LookaheadOptions& options = {}, Location at = Location::current()) {
  return {std::forward<V>(optimizer), options, at};
}

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
