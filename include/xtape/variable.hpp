// SPDX-License-Identifier: MIT
/// \file
/// Variables: values on a tape.
#pragma once

#include <xtape/array.hpp>
#include <xtape/detail/lifetime.hpp>

#include <cstdint>
#include <utility>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

class Tape;

namespace detail {
class Derivation;
class Recomputation;
class Recorder;
}  // namespace detail

/// A value on a tape: a small handle, cheap to copy. Once its tape is gone it has its value still, but no op
/// takes it: a function that makes a tape returns `value()`, as `predict` does.
class Variable {
 public:
  /// An array is on no tape: `tape.input(array)` makes a constant of it.
  Variable(const Array& array) = delete;                    // use tape.input(array)
  const Array& value() const& noexcept { return *value_; }  ///< what was computed
  Array value() && { return *value_; }  ///< a copy, as the variable dies: `net(x).value()`
  const Value& shared_value() const noexcept { return value_; }      ///< the value, without a copy
  const Shape& shape() const& noexcept { return value_->shape(); }   ///< of the value
  Shape shape() && { return value_->shape(); }                       ///< of the value
  std::size_t rank() const noexcept { return value_->dimension(); }  ///< number of axes
  std::size_t size() const noexcept { return value_->size(); }       ///< number of elements
  /// The only element. Throws ShapeError if there is not exactly one.
  Scalar item(Location at = Location::current()) const;
  /// d loss / d this, after `Tape::backward`. Only what `Tape::variable` made keeps its gradient;
  /// parameters have it in `Parameter::grad`. Throws TapeError for others and before the pass.
  const Array& grad(Location at = Location::current()) const;
  /// The same value as a constant: no gradient flows through it.
  Variable detach() const { return {slot_, generation_, constant, value_}; }
  /// Whether the tape computes a gradient for it: it depends on a parameter or variable.
  bool needs_grad() const noexcept { return node_ != constant; }
  /// The tape it belongs to. Throws TapeError if that is gone.
  Tape& tape(Location at = Location::current()) const { return tape(Op{"tape", at}); }
  /// The same for an op, which the error names.
  Tape& tape(const Op& op) const {
    if (slot_->generation.load(std::memory_order_relaxed) != generation_) fail_without_tape(op);
    return *slot_->tape;
  }

 private:
  friend class Tape;
  friend class detail::Derivation;
  friend class detail::Recomputation;
  friend class detail::Recorder;
  static constexpr std::uint32_t constant = ~std::uint32_t{0};
  Variable(detail::Lifetime::Slot* slot, std::uint32_t generation, std::uint32_t node, Value value)
      : slot_{slot}, generation_{generation}, node_{node}, value_{std::move(value)} {}
  Variable(const detail::Lifetime& tape, std::uint32_t node, Value value)
      : Variable{tape.slot(), tape.generation(), node, std::move(value)} {}

  [[noreturn]] static void fail_without_tape(const Op& op);

  detail::Lifetime::Slot* slot_;
  std::uint32_t generation_;  // of the slot, while the tape is alive
  std::uint32_t node_;
  Value value_;
};

/// A Variable together with the place where it was passed; converts from the Variable alone.
struct Located {
  /// `x`, at the place where this is written.
  Located(const Variable& x, Location place = Location::current()) : variable{x}, at{place} {}
  const Variable& variable;  ///< what was passed
  Location at;               ///< where
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
