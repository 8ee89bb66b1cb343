// SPDX-License-Identifier: MIT
/// \file
/// Gradients on their way back.
#pragma once

#include <xtape/array.hpp>

#include <memory>
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

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
