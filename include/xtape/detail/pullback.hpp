// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/array.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::detail {

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

/// A function that changes the gradient in place. One that also takes a temporary cannot: a `return` was
/// forgotten, or an `&`.
template <class Pull>
concept PullsInPlace = std::is_invocable_v<Pull&, Array&> && !std::is_invocable_v<Pull&, Array> &&
                       std::is_void_v<std::invoke_result_t<Pull&, Array&>>;
/// A function from gradient to gradient. It returns an Array: an expression of xtensor would refer to what
/// is gone by then.
template <class Pull>
concept PullsAnew = std::same_as<std::invoke_result_t<Pull&, const Array&>, Array>;
/// Either, once it is kept.
template <class Pull>
concept Pulls = PullsInPlace<std::decay_t<Pull>> || PullsAnew<std::decay_t<Pull>>;
/// A function from the number of an input and a gradient to the gradient of that input.
template <class Pull>
concept PullsEach = requires(std::decay_t<Pull>& pull, const Array& gradient) {
  { pull(std::size_t{}, gradient) } -> std::same_as<Array>;
};

/// A move-only function from gradient to gradient, kept in memory from the pool.
class Pullback {
 public:
  Pullback() noexcept = default;
  /// \param pull `Array(const Array&)`, or `void(Array&)` to change the gradient in place
  template <class Pull>
  requires(!std::is_reference_v<Pull> && Pulls<Pull>) explicit Pullback(Pull&& pull)
      : closure_{new Closure<Pull>{std::move(pull)}} {}

  explicit operator bool() const noexcept { return closure_ != nullptr; }
  /// `last` says that nobody needs `gradient` after this call.
  GradientPtr operator()(GradientPtr& gradient, bool last) {
    return closure_->call(gradient, last);
  }

 private:
  struct Base : Pooled {
    virtual ~Base() = default;
    virtual GradientPtr call(GradientPtr& gradient, bool last) = 0;
  };
  template <class Pull>
  struct Closure final : Base {
    explicit Closure(Pull&& moved) : pull{std::move(moved)} {}
    GradientPtr call(GradientPtr& gradient, bool last) override {
      if constexpr (PullsInPlace<Pull>) {
        GradientPtr own =
            last ? std::move(gradient) : make_gradient([&]() -> Array { return gradient->array; });
        pull(own->array);
        return own;
      } else {
        return make_gradient([&] { return pull(std::as_const(gradient->array)); });
      }
    }
    Pull pull;
  };
  std::unique_ptr<Base> closure_;
};

}  // namespace xtape::inline XTAPE_ABI::detail
#pragma GCC visibility pop
