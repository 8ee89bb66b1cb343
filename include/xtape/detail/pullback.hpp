// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/gradients.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::detail {

/// A function that changes the gradient in place. One that also takes a temporary cannot: a `return` was
/// forgotten, or an `&`.
template <class Pull>
concept PullsInPlace = std::is_invocable_v<Pull&, Array&> && !std::is_invocable_v<Pull&, Array> &&
                       std::is_void_v<std::invoke_result_t<Pull&, Array&>>;
/// A function that returns an Array: an expression of xtensor would refer to what is gone by then.
template <class Pull, class From>
concept PullsAnew = std::same_as<std::invoke_result_t<Pull&, From>, Array>;
/// A function of both kinds, for a gradient that is not needed any more and for one that is.
template <class Pull>
concept PullsEither = PullsAnew<Pull, const Array&> && requires(Pull& pull, Array& gradient) {
  { pull(gradient) } -> std::same_as<void>;
};
/// A function that adds to a gradient, in place.
template <class Pull, class From>
concept PullsInto =
    std::is_invocable_v<Pull&, From, Array&> && !std::is_invocable_v<Pull&, From, Array> &&
    std::is_void_v<std::invoke_result_t<Pull&, From, Array&>>;

/// A function from the gradient of the only result to one of the same kind.
template <class Pull>
concept PullsThrough = PullsInPlace<Pull> || PullsAnew<Pull, const Array&>;
/// A function from the gradient of the only result to that of an input.
template <class Pull>
concept PullsOne = PullsThrough<Pull> || PullsInto<Pull, const Array&>;
/// A function from the gradients of several results to that of an input.
template <class Pull>
concept PullsSeveral = PullsAnew<Pull, const Gradients&> || PullsInto<Pull, const Gradients&>;
/// A function from the number of an input and a gradient to the gradient of that input.
template <class Pull>
concept PullsEach = requires(Pull& pull, const Array& gradient) {
  { pull(std::size_t{}, gradient) } -> std::same_as<Array>;
};

/// What a tape in Mode::derive keeps of an op, with what it is in other ops.
struct Defined : Pooled {
  explicit Defined(const Op& op) : kept{op, {}, {}} {}
  Kept kept;
  Definition definition;  ///< empty: none
};
/// A function that can also make the gradient of ops, for which it gets what the tape keeps.
template <class Pull>
concept PullsAgain = requires(const Pull& pull, const Variable& gradient, const Kept& of) {
  { pull.again(gradient, of) } -> std::same_as<Variable>;
};
/// The same of the gradients of several results.
template <class Pull>
concept PullsSeveralAgain = requires(const Pull& pull, VariableGradients gradients,
                                     const Kept& of) {
  { pull.again(gradients, of) } -> std::same_as<Variable>;
};
/// A function of that kind, which may leave out what the tape keeps.
template <class Rule, class From>
concept MakesAgain = std::is_invocable_r_v<Variable, const Rule&, From> ||
    std::is_invocable_r_v<Variable, const Rule&, From, const Kept&>;

/// A function of numbers, and the same one in ops.
template <class Pull, class Rule>
struct Twice : Pull {
  template <class P, class R>
  Twice(P&& pull, R&& in_ops) : Pull{std::forward<P>(pull)}, rule{std::forward<R>(in_ops)} {}
  /// What a tape needs that keeps nothing.
  Pull&& once() && { return std::move(*this); }
  template <class From>
  requires MakesAgain<Rule, const From&> Variable again(const From& from, const Kept& of)
  const {
    if constexpr (std::is_invocable_v<const Rule&, const From&>)
      return rule(from);
    else
      return rule(from, of);
  }
  Rule rule;
};

/// A move-only function from the gradients of an op's results to the gradient of an input, kept in memory from the
/// pool.
class Pullback {
 public:
  Pullback() noexcept = default;
  template <class Pull>
  requires(!std::is_reference_v<Pull> &&
           (PullsOne<Pull> || PullsSeveral<Pull>)) explicit Pullback(Pull&& pull)
      : closure_{new Closure<Pull>{std::move(pull)}} {}

  explicit operator bool() const noexcept { return closure_ != nullptr; }
  /// The gradient of an input of that shape, or nothing if it is already in `sum`, made where there was none.
  /// `last` says that nobody needs the gradients `from` after this call.
  GradientPtr operator()(std::span<GradientPtr> from, bool last, GradientPtr& sum,
                         const Shape& shape) {
    return closure_->call(from, last, sum, shape);
  }
  /// The gradient as a variable, made of ops; nothing where the function cannot.
  std::optional<Variable> again(VariableGradients from, const Kept& of) const {
    return closure_->again(from, of);
  }

 private:
  struct Base : Pooled {
    virtual ~Base() = default;
    virtual GradientPtr call(std::span<GradientPtr> from, bool last, GradientPtr& sum,
                             const Shape& shape) = 0;
    virtual std::optional<Variable> again(VariableGradients, const Kept&) const { return {}; }
  };
  template <class Pull>
  struct Closure final : Base {
    explicit Closure(Pull&& moved) : pull{std::move(moved)} {}
    GradientPtr call(std::span<GradientPtr> from, bool last, GradientPtr& sum,
                     const Shape& shape) override {
      if constexpr (PullsEither<Pull>)
        if (!last) return call_with(std::as_const(from[0]->array), sum, shape);
      if constexpr (PullsInPlace<Pull> || PullsEither<Pull>) {
        GradientPtr own =
            last ? std::move(from[0]) : make_gradient([&]() -> Array { return from[0]->array; });
        pull(own->array);
        return own;
      } else if constexpr (PullsOne<Pull>) {
        return call_with(std::as_const(from[0]->array), sum, shape);
      } else {
        return call_with(Gradients{from}, sum, shape);
      }
    }
    std::optional<Variable> again(VariableGradients from, const Kept& of) const override {
      if constexpr (PullsAgain<Pull>)
        return pull.again(*from[0], of);
      else if constexpr (PullsSeveralAgain<Pull>)
        return pull.again(from, of);
      else
        return {};
    }
    template <class From>
    GradientPtr call_with(const From& from, GradientPtr& sum, const Shape& shape) {
      if constexpr (PullsAnew<Pull, const From&>) {
        return make_gradient([&] { return pull(from); });
      } else {
        if (!sum) sum = make_gradient([&] { return zeros(shape); });
        pull(from, sum->array);
        return {};
      }
    }
    Pull pull;
  };
  std::unique_ptr<Base> closure_;
};

}  // namespace xtape::inline XTAPE_ABI::detail
#pragma GCC visibility pop
