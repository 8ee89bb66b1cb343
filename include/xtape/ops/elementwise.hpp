// SPDX-License-Identifier: MIT
/// \file
/// Ops that are computed element by element, from formulas: the built-in ones are made with it, too.
#pragma once

#include <xtape/formula.hpp>
#include <xtape/record.hpp>
#include <xtape/tape.hpp>

#include <array>
#include <initializer_list>
#include <optional>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// An op of one to three inputs, which broadcast as in numpy, and of some numbers, as options are:
/// ```
/// Variable celu(const Variable& x, double alpha, Location at = Location::current()) {
///   static const Elementwise op{
///       [](Term x, Term alpha) { return where(x > 0, x, alpha * (exp(x / alpha) - 1)); },
///       [](Term g, Term x, Term y, Term alpha) { return where(x > 0, g, g * (1 + y / alpha)); }};
///   return op({"celu", at}, x, {alpha});
/// }
/// ```
/// What a gradient's formula does not read is not kept. Exported, the op is what its formula is. Made of the value's
/// formula alone, the op has no gradients, and its result is a constant, as that of a comparison.
class Elementwise {
 public:
  /// `value` has a term for each input, then one for each number. Each of `gradients`, one per input or none at all,
  /// is the gradient of that input: of g, the gradient of the result, of all inputs, of the result and of the numbers.
  /// Throws ValueError if the numbers of terms do not fit together.
  template <std::convertible_to<Formula>... Gradients>
  requires(sizeof...(Gradients) <= 3) Elementwise(Formula value, Gradients... gradients)
      : value_{std::move(value)}, gradients_{Formula{std::move(gradients)}...} {
    check();
  }

  /// The op of one input; `options` are told to those who watch, see `given`. Throws ShapeError where inputs do not
  /// broadcast, ValueError for another number of inputs or numbers than the formulas have.
  template <class... Options>
  Variable operator()(const Op& op, const Variable& x, std::initializer_list<double> numbers = {},
                      const Options&... options) const {
    const Call call{*this, op, {&x}, numbers};
    return record(op, call.y, Argument{call}, given(options)...);
  }
  /// The op of two.
  template <class... Options>
  Variable operator()(const Op& op, const Variable& a, const Variable& b,
                      std::initializer_list<double> numbers = {}, const Options&... options) const {
    const Call call{*this, op, {&a, &b}, numbers};
    return record(op, call.y, Argument{call}, given(options)...);
  }
  /// The op of three.
  template <class... Options>
  Variable operator()(const Op& op, const Variable& a, const Variable& b, const Variable& c,
                      std::initializer_list<double> numbers = {}, const Options&... options) const {
    const Call call{*this, op, {&a, &b, &c}, numbers};
    return record(op, call.y, Argument{call}, given(options)...);
  }

  /// The formula of the value.
  const Formula& value() const noexcept { return value_; }
  /// That of the gradient of an input, counted from 0.
  const Formula& gradient(std::size_t input) const { return gradients_.at(input); }

 private:
  static constexpr std::size_t most_inputs = 3, most_numbers = 4;
  using Numbers = std::array<Scalar, most_numbers>;

  // The gradient of an input, with what its formula reads.
  struct Gradient {
    void operator()(Array& g) const;
    Array operator()(const Array& g) const;
    Variable again(const Variable& g, const Kept& of) const;
    void into(Array& dx, const Array& g) const;
    Formula formula;
    std::array<std::optional<Value>, most_inputs + 1> kept;  // the inputs, then the result
    std::size_t inputs;
    Numbers numbers;
    std::size_t number_count;
  };
  // The op for some inputs.
  struct Call {
    Call(const Elementwise& formulas, const Op& op, std::initializer_list<const Variable*> given,
         std::initializer_list<double> values);
    Call(const Call&) = delete;  // `inputs` may point into it
    Call& operator=(const Call&) = delete;
    Gradient gradient(std::size_t input) const;
    const Elementwise& f;
    std::array<const Variable*, most_inputs> inputs;
    std::size_t input_count;
    std::array<std::optional<Variable>, most_inputs> constants;  // the inputs, without gradients
    Numbers numbers;
    std::size_t number_count;
    Value y;
  };
  // A call as an argument of `record`: its inputs, their gradients and, for those who watch, the formula.
  struct Argument {
    const Call& call;
    static constexpr bool suits(bool several) { return !several; }
    void inputs(auto visit) const {
      for (std::size_t i = 0; i < call.input_count; ++i) visit(*call.inputs[i]);
    }
    void edges(detail::Recorder& to) const;
    void describe(Observer::Forward& forward) const;
  };
  void check() const;
  void check(const Op& op, std::size_t inputs, std::size_t numbers) const;

  Formula value_;
  std::vector<Formula> gradients_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
