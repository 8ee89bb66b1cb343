// SPDX-License-Identifier: MIT
/// \file
/// Arithmetic, comparisons and choices, elementwise. Operands broadcast as in numpy: shapes are aligned at
/// their last axes, and an axis of size 1 (or a missing one) is repeated. Throws ShapeError where they do not,
/// and TapeError where the operands are on different tapes or both are numbers.
#pragma once

#include <xtape/tape.hpp>

#include <concepts>
#include <optional>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// An operand of a binary op: a Variable or a number, with the place where the op was called.
class Operand {
 public:
  /// A variable.
  Operand(const Variable& variable, Location place = Location::current())
      : at{place}, variable_{&variable} {}
  /// A number: a constant that broadcasts to any shape.
  template <class T>
  requires std::integral<T> || std::floating_point<T> Operand(T number,
                                                              Location place = Location::current())
      : at{place}, number_{static_cast<Scalar>(number)} {}
  /// An array is on no tape: `tape.input(array)` makes a constant of it.
  Operand(const Array& array) = delete;  // use tape.input(array)

  /// The operand as a Variable; a number becomes `constant`, on the tape of the other operand. Throws
  /// TapeError if both are numbers.
  const Variable& on_tape_with(const Operand& other, const Op& op,
                               std::optional<Variable>& constant) const;

  Location at;  ///< where the op was called

 private:
  const Variable* variable_ = nullptr;
  Scalar number_ = 0;
};

/// a + b. Derivatives: 1 and 1.
Variable add(const Operand& a, const Operand& b);
/// a - b. Derivatives: 1 and -1.
Variable sub(const Operand& a, const Operand& b);
/// a * b. Derivatives: b and a.
Variable mul(const Operand& a, const Operand& b);
/// a / b. Derivatives: 1 / b and -a / b^2.
Variable div(const Operand& a, const Operand& b);
/// a^b. Derivatives: b * a^(b - 1) and a^b * log(a), the latter taken as 0 where a is 0.
Variable pow(const Operand& a, const Operand& b);
/// The larger of a and b; NaN where one is NaN. Derivatives: 1 for the larger, 0 for the other, 1/2 for equal ones.
Variable maximum(const Operand& a, const Operand& b);
/// The smaller of a and b; NaN where one is NaN. Derivatives: 1 for the smaller, 0 for the other, 1/2 for equal ones.
Variable minimum(const Operand& a, const Operand& b);
/// -x. Derivative: -1.
Variable neg(const Variable& x, Location at = Location::current());

/// 1 where a < b, else 0, as for NaN. The result is a constant: no gradient flows through a comparison.
Variable less(const Operand& a, const Operand& b);
/// 1 where a <= b, else 0. See `less`.
Variable less_equal(const Operand& a, const Operand& b);
/// 1 where a > b, else 0. See `less`.
Variable greater(const Operand& a, const Operand& b);
/// 1 where a >= b, else 0. See `less`.
Variable greater_equal(const Operand& a, const Operand& b);
/// 1 where a = b, else 0. See `less`.
Variable equal(const Operand& a, const Operand& b);
/// 0 where a = b, else 1, as for NaN. See `less`.
Variable not_equal(const Operand& a, const Operand& b);
/// a where `condition` is not 0, else b: `where(x > 0, x, 0.1 * x)`. The condition broadcasts, too. Derivatives: 1 for
/// what was taken, 0 for the other; no gradient flows to the condition.
Variable where(const Variable& condition, const Operand& a, const Operand& b);

/// See `add`.
inline Variable operator+(const Operand& a, const Operand& b) { return add(a, b); }
/// See `sub`.
inline Variable operator-(const Operand& a, const Operand& b) { return sub(a, b); }
/// See `mul`.
inline Variable operator*(const Operand& a, const Operand& b) { return mul(a, b); }
/// See `div`.
inline Variable operator/(const Operand& a, const Operand& b) { return div(a, b); }
/// See `neg`.
inline Variable operator-(const Located& x) { return neg(x.variable, x.at); }
/// See `less`.
inline Variable operator<(const Operand& a, const Operand& b) { return less(a, b); }
/// See `less_equal`.
inline Variable operator<=(const Operand& a, const Operand& b) { return less_equal(a, b); }
/// See `greater`.
inline Variable operator>(const Operand& a, const Operand& b) { return greater(a, b); }
/// See `greater_equal`.
inline Variable operator>=(const Operand& a, const Operand& b) { return greater_equal(a, b); }

/// \cond
namespace detail {
template <class T>
concept IsVariable = std::same_as<std::remove_cvref_t<T>, Variable>;
template <class T>
concept IsExpression = xt::is_xexpression<std::remove_cvref_t<T>>::value;
/// An array beside a variable, which the operators of xtensor would take for a number.
template <class A, class B>
concept MixesArrays = (IsVariable<A> && IsExpression<B>) || (IsExpression<A> && IsVariable<B>);
}  // namespace detail

template <class A, class B>
requires detail::MixesArrays<A, B> Variable operator+(A&&, B&&) = delete;  // use tape.input(array)
template <class A, class B>
requires detail::MixesArrays<A, B> Variable operator-(A&&, B&&) = delete;  // use tape.input(array)
template <class A, class B>
requires detail::MixesArrays<A, B> Variable operator*(A&&, B&&) = delete;  // use tape.input(array)
template <class A, class B>
requires detail::MixesArrays<A, B> Variable operator/(A&&, B&&) = delete;  // use tape.input(array)
template <class A, class B>
requires detail::MixesArrays<A, B> Variable operator<(A&&, B&&) = delete;  // use tape.input(array)
template <class A, class B>
requires detail::MixesArrays<A, B> Variable operator<=(A&&, B&&) = delete;  // use tape.input(array)
template <class A, class B>
requires detail::MixesArrays<A, B> Variable operator>(A&&, B&&) = delete;  // use tape.input(array)
template <class A, class B>
requires detail::MixesArrays<A, B> Variable operator>=(A&&, B&&) = delete;  // use tape.input(array)
/// \endcond

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
