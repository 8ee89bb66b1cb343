// SPDX-License-Identifier: MIT
/// \file
/// Gradients on their way back.
#pragma once

#include <xtape/array.hpp>
#include <xtape/op.hpp>
#include <xtape/variable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

namespace detail {

/// A gradient on its way back.
struct Gradient : Pooled {
  Array array;
};
using GradientPtr = std::unique_ptr<Gradient>;

/// Makes a gradient of what a function returns, where it is to be.
template <class F>
GradientPtr make_gradient(F make) {
  return GradientPtr{new Gradient{{}, make()}};
}

}  // namespace detail

/// The gradients of an op with several results.
class Gradients {
 public:
  /// Those that a tape has.
  explicit Gradients(std::span<const detail::GradientPtr> gradients) : gradients_{gradients} {}
  /// Of the i-th result; null if the loss does not depend on it.
  const Array* operator[](std::size_t i) const noexcept {
    return gradients_[i] ? &gradients_[i]->array : nullptr;
  }
  /// The number of results.
  std::size_t size() const noexcept { return gradients_.size(); }

 private:
  std::span<const detail::GradientPtr> gradients_;
};

/// What a tape in Mode::derive keeps of an op, for gradients that are made of ops.
struct Kept {
  Op op;                           ///< its name and its caller
  PooledVector<Variable> inputs;   ///< in the order of the arguments of `record`
  PooledVector<Variable> results;  ///< of most ops one

  /// The first result, of most ops the only one.
  const Variable& result() const noexcept { return results.front(); }
};

/// The gradients of an op with several results as variables; there is none of one that y does not depend on.
using VariableGradients = std::span<const std::optional<Variable>>;

/// \cond
namespace detail {
// What an op is in other ops: its results by its inputs.
using Definition = std::function<PooledVector<Variable>(std::span<const Variable>)>;
}  // namespace detail
/// \endcond

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
