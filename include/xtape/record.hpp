// SPDX-License-Identifier: MIT
/// \file
/// `record`, which makes an op: a value, and how its gradient flows back.
#pragma once

#include <xtape/detail/pullback.hpp>
#include <xtape/observer.hpp>
#include <xtape/variable.hpp>

#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

namespace detail {

/// Puts one op on the tape of its inputs. Each argument of `record` knows which inputs it has, which edges, and what
/// it tells observers.
class Recorder {
 public:
  Recorder(const Op& op, std::span<const Value> results) : op_{op}, results_{results} {}

  /// Looks at all inputs, tells observers, and adds the op if one of them needs a gradient.
  template <class... Arguments>
  void add(Arguments&... arguments) {
    const auto join = [this](const Variable& input) { this->join(input); };
    (arguments.inputs(join), ...);
    check_joined();
    if (Observer::any()) {
      PooledVector<const Variable*> inputs;
      const auto list = [&](const Variable& input) { inputs.push_back(&input); };
      (arguments.inputs(list), ...);
      Observer::Forward call{op_, *tape_, results_, inputs};
      const auto describe = [&](const auto& argument) {
        if constexpr (requires { argument.describe(call); }) argument.describe(call);
      };
      (describe(arguments), ...);
      Observer::each([&](Observer& o) { o.forward(call); });
    }
    if (!needed_) return;
    begin();
    (arguments.edges(*this), ...);
    end();
  }

  /// Keeps how the gradient of one input is computed, if it needs one.
  template <class Pull>
  void edge(const Variable& input, Pull&& pull) {
    if (input.needs_grad()) add_edge(input, Pullback{std::forward<Pull>(pull)});
  }
  /// Keeps what happens to the gradient before.
  void through(Pullback step);

  /// The i-th result, once the op is added.
  Variable result(Value value, std::uint32_t i = 0) const;

 private:
  void join(const Variable& input);
  void check_joined() const;
  void begin();
  void end();
  void add_edge(const Variable& input, Pullback pull);

  const Op& op_;
  std::span<const Value> results_;
  Tape* tape_ = nullptr;
  bool needed_ = false;
  std::uint32_t node_ = 0;
};

// All that the compiler says where a function is none of those: the tape does not look at it then.
template <class Pull, bool fits>
constexpr void check_pull() {
  static_assert(fits,
                "write [](const Array& g) -> Array, [](Array& g) to change it in place, or "
                "[](const Array& g, Array& sum) to add to what is there; of several inputs "
                "[](size_t i, const Array& g) -> Array; of several results with Gradients for the "
                "first Array");
}

}  // namespace detail

/// How a gradient flows back to one input of an op. See `wrt`.
template <class Pull>
struct Wrt {
  const Variable& input;  ///< an input of the op
  Pull pull;              ///< its vector-Jacobian product

  /// \cond
  static constexpr bool suits(bool several) { return several == detail::PullsSeveral<Pull>; }
  void inputs(auto visit) const { visit(input); }
  void edges(detail::Recorder& to) {
    if constexpr (detail::PullsOne<Pull> || detail::PullsSeveral<Pull>)
      to.edge(input, std::move(pull));
  }
  /// \endcond
};

/// As Wrt, for any number of inputs.
template <class Pull>
struct WrtEach {
  std::span<const Variable> all;  ///< the inputs of the op
  Pull pull;                      ///< `Array(std::size_t i, const Array&)`

  /// \cond
  static constexpr bool suits(bool several) { return !several; }
  void inputs(auto visit) const {
    for (const Variable& input : all) visit(input);
  }
  void edges(detail::Recorder& to) {
    if constexpr (detail::PullsEach<Pull>) {
      const auto shared = std::allocate_shared<Pull>(CachingAllocator<Pull>{}, std::move(pull));
      for (std::size_t i = 0; i < all.size(); ++i)
        to.edge(all[i], [i, shared](const Array& gradient) { return (*shared)(i, gradient); });
    }
  }
  /// \endcond
};

/// A step that all inputs of an op share. See `through`.
template <class Pull>
struct Through {
  Pull pull;  ///< `Array(const Array&)` or `void(Array&)`

  /// \cond
  static constexpr bool suits(bool several) { return !several; }
  void inputs(auto) const {}
  void edges(detail::Recorder& to) {
    if constexpr (detail::PullsThrough<Pull>) to.through(detail::Pullback{std::move(pull)});
  }
  /// \endcond
};

/// The options of an op, for those who watch it: one who exports a model, say, must know the stride of a
/// convolution. See `given`.
template <class Options>
struct Given {
  const Options& given;  ///< what the op was called with

  /// \cond
  static constexpr bool suits(bool) { return true; }
  void inputs(auto) const {}
  void edges(detail::Recorder&) {}
  void describe(Observer::Forward& call) const { call.options = OptionsView{given}; }
  /// \endcond
};

/// Says how the gradient flows back to `input`: a function from the gradient of the op's result to that of the
/// input, in one of three forms.
/// - `Array(const Array& g)` returns it. It has the shape of the input, or that of the op's result if the op
///   broadcast the input to it; the tape sums it back.
/// - `void(Array& g)` makes it of the result's gradient, in its memory, or in that of a copy if another input still
///   needs that. An object of a class that has both functions is then asked for the first one, without a copy.
/// - `void(const Array& g, Array& sum)` adds it to what the input's gradient is so far, of the input's shape: for an
///   op that reads a part of its input, as `slice` does.
///
/// Of an op with several results the first and the last get `const Gradients&` instead. The function is called at
/// most once, and not at all if the input needs no gradient.
template <class Pull>
Wrt<std::decay_t<Pull>> wrt(const Variable& input, Pull&& pull) {
  using Kept = std::decay_t<Pull>;
  detail::check_pull<Pull, detail::PullsOne<Kept> || detail::PullsSeveral<Kept>>();
  return {input, std::forward<Pull>(pull)};
}
/// The same for each of several inputs: `pull(i, g)` is the gradient of `inputs[i]`. They share one function: what
/// it captured lives until the last.
template <class Pull>
WrtEach<std::decay_t<Pull>> wrt(std::span<const Variable> inputs, Pull&& pull) {
  detail::check_pull<Pull, detail::PullsEach<std::decay_t<Pull>>>();
  return {inputs, std::forward<Pull>(pull)};
}
/// Says what happens to the gradient of an op with one result before it is divided among the inputs, as
/// `Array(const Array&)` or `void(Array&)`: an op with a fused activation goes back through that once.
template <class Pull>
Through<std::decay_t<Pull>> through(Pull&& pull) {
  detail::check_pull<Pull, detail::PullsThrough<std::decay_t<Pull>>>();
  return {std::forward<Pull>(pull)};
}
/// Shows an observer what options the op was called with. Nobody keeps them, and without an observer they
/// are not looked at.
template <class Options>
Given<Options> given(const Options& options) {
  return {options};
}

/// The one primitive: puts an op on the tape of its inputs and returns its result.
/// ```
/// Variable mul(const Variable& a, const Variable& b) {
///   return record("mul", a.value() * b.value(),
///                 wrt(a, [b](const Array& g) -> Array { return g * b.value(); }),
///                 wrt(b, [a](const Array& g) -> Array { return g * a.value(); }));
/// }
/// ```
/// The tape does the rest: inputs that need no gradient are dropped with all that only they had saved,
/// gradients of broadcast inputs are summed back to their shapes, and repeated inputs add up.
/// \param op     the op's name, and the place of its caller
/// \param value  the result
/// \param inputs one `wrt` per input, after an optional `through`; `given` options anywhere
/// If no input needs a gradient, nothing is recorded and the result is a constant.
/// Throws TapeError if the inputs are of different tapes, there are none, or one of them needs a gradient
/// and the tape was consumed.
template <class... Inputs>
Variable record(const Op& op, Value value, Inputs... inputs) {
  static_assert(sizeof...(Inputs) > 0, "an op has at least one input: wrt(x, ...)");
  static_assert((Inputs::suits(false) && ...),
                "an op with one result has functions of one gradient, const Array&");
  detail::Recorder recorder{op, {&value, 1}};
  recorder.add(inputs...);
  return recorder.result(std::move(value));
}

/// The same for an op with several results, whose functions get the gradients of all, as `const Gradients&`. See
/// `split` for one.
template <class... Inputs>
PooledVector<Variable> record(const Op& op, PooledVector<Value> values, Inputs... inputs) {
  static_assert(sizeof...(Inputs) > 0, "an op has at least one input: wrt(x, ...)");
  static_assert((Inputs::suits(true) && ...),
                "an op with several results has functions of several gradients, const Gradients&");
  detail::Recorder recorder{op, values};
  recorder.add(inputs...);
  PooledVector<Variable> results;
  results.reserve(values.size());
  for (std::uint32_t i = 0; i < values.size(); ++i)
    results.push_back(recorder.result(std::move(values[i]), i));
  return results;
}

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
