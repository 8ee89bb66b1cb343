// SPDX-License-Identifier: MIT
/// \file
/// Formulas of one element, which are computed for all elements of arrays at once.
#pragma once

#include <xtape/array.hpp>

#include <concepts>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// \cond
namespace detail {
class Trace;
}
namespace kernels {
struct Program;
}
/// \endcond

/// What a formula is written with: an element of an input, what was computed from such, or a number. Its functions
/// are those of variables, called as here (`tanh(x)`: `std::tanh` knows no terms), and found where one of their terms
/// is no number. Comparisons are 1 where they hold, else 0. Each throws ValueError where all its terms are numbers.
class Term {
 public:
  /// The same number for all elements.
  template <class T>
  requires std::integral<T> || std::floating_point<T> Term(T number)
      : number_{static_cast<double>(number)} {}

  friend Term operator+(Term a, Term b);              ///< a + b
  friend Term operator-(Term a, Term b);              ///< a - b
  friend Term operator*(Term a, Term b);              ///< a * b
  friend Term operator/(Term a, Term b);              ///< a / b
  friend Term operator-(Term x);                      ///< -x
  friend Term operator<(Term a, Term b);              ///< whether a < b
  friend Term operator<=(Term a, Term b);             ///< whether a <= b
  friend Term operator>(Term a, Term b);              ///< whether a > b
  friend Term operator>=(Term a, Term b);             ///< whether a >= b
  friend Term operator==(Term a, Term b);             ///< whether a = b
  friend Term where(Term condition, Term a, Term b);  ///< a where `condition` is not 0, else b
  friend Term maximum(Term a, Term b);                ///< the larger one; NaN where one is NaN
  friend Term minimum(Term a, Term b);                ///< the smaller one; NaN where one is NaN
  friend Term pow(Term a, Term b);                    ///< a^b
  friend Term abs(Term x);                            ///< |x|
  friend Term sign(Term x);                           ///< 1, 0 or -1; NaN of NaN
  friend Term square(Term x);                         ///< x^2
  friend Term sqrt(Term x);                           ///< the square root
  friend Term exp(Term x);                            ///< e^x
  friend Term expm1(Term x);                          ///< e^x - 1
  friend Term log(Term x);                            ///< the natural logarithm
  friend Term log1p(Term x);                          ///< log(1 + x)
  friend Term tanh(Term x);                           ///< the hyperbolic tangent
  friend Term sigmoid(Term x);                        ///< 1 / (1 + e^-x)
  friend Term softplus(Term x);                       ///< log(1 + e^x), without overflow
  friend Term erf(Term x);         ///< 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x
  friend Term normal_cdf(Term x);  ///< (1 + erf(x / sqrt(2))) / 2
  friend Term sin(Term x);         ///< the sine
  friend Term cos(Term x);         ///< the cosine
  friend Term floor(Term x);       ///< the largest integer that is at most x
  friend Term round(Term x);       ///< the nearest integer; of two the even one
  /// -g * a / b^2, the gradient of a / b by b; no square on the way leaves the range of Scalar.
  friend Term quotient_slope(Term g, Term a, Term b);
  /// g * b * a^(b - 1), the gradient of a^b by a, 0 where b is 0; no power on the way leaves the range of Scalar.
  friend Term power_slope(Term g, Term a, Term b);
  /// g * a^b * log(a), the gradient of a^b by b, 0 where a is 0; no power on the way leaves the range of Scalar.
  friend Term exponent_slope(Term g, Term a, Term b);
  /// g times the derivative of x * normal_cdf(x).
  friend Term gelu_slope(Term g, Term x);

 private:
  friend class detail::Trace;
  Term(detail::Trace* trace, std::size_t place) : trace_{trace}, place_{place} {}
  detail::Trace* trace_ = nullptr;  // of the formula that is being written; null for a number
  std::size_t place_ = 0;
  double number_ = 0;
};

/// A function of one element of each input, to be computed for all elements:
/// ```
/// const Formula swish{[](Term x) { return x * sigmoid(x); }};
/// Array y = swish(x);
/// ```
/// The function is called once, with a term per input, of which it may have up to eight. What it does with them is
/// kept as a list of steps. Some hundreds of elements at a time go through all steps, in loops of the best
/// instruction set, while they are in the first-level cache, and many of them on all threads of the pool. So a
/// formula takes hardly longer than its functions, whatever flags the program was compiled with. As the steps are
/// kept, and not the function, an `if` in it is decided once: use `where`.
class Formula {
 public:
  /// Calls `function` with terms. Throws ValueError if it needs more than eight intermediate results at once, or
  /// has more than 32 different numbers.
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, Formula>) Formula(F function)
      : Formula{trace(function, std::make_index_sequence<inputs_of<F>()>{})} {}

  /// The number of inputs.
  std::size_t inputs() const noexcept;
  /// Whether the result depends on an input, counted from 0.
  bool reads(std::size_t input) const noexcept;

  /// The result for arrays, which broadcast as in numpy. Throws ValueError for another number of arrays than
  /// inputs, ShapeError if they do not broadcast.
  template <std::same_as<Array>... Arrays>
  Array operator()(const Arrays&... arrays) const {
    return compute({&arrays...});
  }
  /// Writes the result to `out`, to whose shape the arrays broadcast. It may be one of them.
  template <std::same_as<Array>... Arrays>
  void into(Array& out, const Arrays&... arrays) const {
    compute_into(out, {&arrays...});
  }
  /// The sum of the result over all elements, in double.
  template <std::same_as<Array>... Arrays>
  double sum(const Arrays&... arrays) const {
    return summed({&arrays...});
  }
  /// The formula in another one. Throws ValueError for another number of terms than inputs.
  template <std::convertible_to<Term>... Terms>
  Term operator()(const Terms&... terms) const {
    return inlined({Term{terms}...});
  }

  /// \cond
  const kernels::Program& program() const noexcept { return *program_; }
  /// \endcond

 private:
  friend class Optimizer;
  static constexpr std::size_t most_inputs = 8;

  template <class F, std::size_t... I>
  static constexpr bool callable(std::index_sequence<I...>) {
    return requires(F function, Term x) {
      { function((I, x)...) } -> std::convertible_to<Term>;
    };
  }
  template <class F, std::size_t Count = 1>
  static constexpr std::size_t inputs_of() {
    static_assert(Count <= most_inputs,
                  "a formula is a function of one to eight terms that returns one: "
                  "[](Term x) { return x * sigmoid(x); }");
    if constexpr (Count > most_inputs || callable<F>(std::make_index_sequence<Count>{}))
      return Count;
    else
      return inputs_of<F, Count + 1>();
  }

  template <class F, std::size_t... I>
  static Formula trace(F& function, std::index_sequence<I...>) {
    Tracing tracing{sizeof...(I)};
    return Formula{tracing, function(tracing.input(I)...)};
  }
  // A formula that is being written.
  struct Tracing {
    explicit Tracing(std::size_t inputs);
    ~Tracing();
    Term input(std::size_t i) const;
    std::unique_ptr<detail::Trace> trace;
  };
  Formula(Tracing& tracing, Term result);
  void check(std::size_t given) const;
  Array compute(std::initializer_list<const Array*> arrays) const;
  void compute_into(Array& out, std::initializer_list<const Array*> arrays) const;
  double summed(std::initializer_list<const Array*> arrays) const;
  Term inlined(std::initializer_list<Term> terms) const;

  std::shared_ptr<const kernels::Program> program_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
