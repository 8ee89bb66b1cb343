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
      const Op op = seen();
      Observer::Forward call{op, *tape_, results_, inputs};
      const auto describe = [&](const auto& argument) {
        if constexpr (requires { argument.describe(call); }) argument.describe(call);
      };
      (describe(arguments), ...);
      Observer::each([&](Observer& o) { o.forward(call); });
    }
    if (!needed_) return;
    begin();
    if (keeps_) {
      const auto keep = [this](const Variable& input) { this->keep(input); };
      (arguments.inputs(keep), ...);
    }
    (arguments.edges(*this), ...);
    end();
  }

  /// Keeps how the gradient of one input is computed, if it needs one.
  template <class Pull>
  void edge(const Variable& input, Pull&& pull) {
    if (input.needs_grad()) add_edge(input, pullback(std::forward<Pull>(pull)));
  }
  /// Keeps what happens to the gradient before.
  template <class Pull>
  void through(Pull&& step) {
    set_through(pullback(std::forward<Pull>(step)));
  }
  /// Keeps what the op is in other ops, if the tape is in Mode::derive.
  template <class F>
  void define(F&& definition) {
    if (keeps_) set_definition(std::forward<F>(definition));
  }

  /// The i-th result, once the op is added.
  Variable result(Value value, std::uint32_t i = 0) const;

 private:
  void join(const Variable& input);
  void check_joined() const;
  Op seen() const;
  void begin();
  void end();
  template <class Pull>
  Pullback pullback(Pull&& pull) const {
    if constexpr (requires { std::move(pull).once(); })
      if (!keeps_) return Pullback{std::move(pull).once()};
    return Pullback{std::forward<Pull>(pull)};
  }
  void add_edge(const Variable& input, Pullback pull);
  void set_through(Pullback step);
  void keep(const Variable& input);
  void set_definition(Definition definition);

  const Op& op_;
  std::span<const Value> results_;
  Tape* tape_ = nullptr;
  bool needed_ = false;
  bool keeps_ = false;  // the tape is in Mode::derive
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
      for (std::size_t i = 0; i < all.size(); ++i) to.edge(all[i], One{i, shared});
    }
  }
  struct One {
    Array operator()(const Array& gradient) const { return (*shared)(i, gradient); }
    Variable again(const Variable& gradient, const Kept&) const requires
        requires(const Pull& each) {
      { each.again(std::size_t{}, gradient) } -> std::same_as<Variable>;
    }
    { return shared->again(i, gradient); }
    std::size_t i;
    std::shared_ptr<Pull> shared;
  };
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
    if constexpr (detail::PullsThrough<Pull>) to.through(std::move(pull));
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

/// What an op is in other ops. See `defined`.
template <class F>
struct Defined {
  F definition;  ///< from the op's inputs to its result or results

  /// \cond
  static constexpr bool suits(bool several) {
    return several ? std::is_invocable_r_v<PooledVector<Variable>, F&, std::span<const Variable>>
                   : std::is_invocable_r_v<Variable, F&, std::span<const Variable>>;
  }
  void inputs(auto) const {}
  void edges(detail::Recorder& to) {
    if constexpr (suits(true))
      to.define(std::move(definition));
    else
      to.define([definition = std::move(definition)](std::span<const Variable> inputs) {
        return PooledVector<Variable>{definition(inputs)};
      });
  }
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
  using Held = std::decay_t<Pull>;
  detail::check_pull<Pull, detail::PullsOne<Held> || detail::PullsSeveral<Held>>();
  return {input, std::forward<Pull>(pull)};
}
/// The same, and the gradient in ops, for gradients of gradients (`Tape::gradient`): `again` is
/// `Variable(const Variable& g)` or, with the op's inputs and its result, `Variable(const Variable& g, const Kept& op)`.
/// Of an op with several results it gets VariableGradients for g. What it captured is dropped by a tape that is not in Mode::derive, which also keeps nothing else for it.
template <class Pull, class Again>
Wrt<detail::Twice<std::decay_t<Pull>, std::decay_t<Again>>> wrt(const Variable& input, Pull&& pull,
                                                                Again&& again) {
  using Held = std::decay_t<Pull>;
  using From = std::conditional_t<detail::PullsSeveral<Held>, VariableGradients, Variable>;
  static_assert(detail::MakesAgain<std::decay_t<Again>, const From&>,
                "the gradient in ops is [](const Variable& g) -> Variable, or "
                "[](const Variable& g, const Kept& op) -> Variable of the inputs and result, too; "
                "of several results with VariableGradients for the first Variable");
  detail::check_pull<Pull, detail::PullsOne<Held> || detail::PullsSeveral<Held>>();
  return {input, {std::forward<Pull>(pull), std::forward<Again>(again)}};
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
/// The same, and in ops, as for `wrt`.
template <class Pull, class Again>
Through<detail::Twice<std::decay_t<Pull>, std::decay_t<Again>>> through(Pull&& pull,
                                                                        Again&& again) {
  detail::check_pull<Pull, detail::PullsThrough<std::decay_t<Pull>>>();
  return {{std::forward<Pull>(pull), std::forward<Again>(again)}};
}
/// Says what the op is in other ops, of which gradients of its gradients are made (`Tape::gradient`): a function of the
/// inputs, in the order of the `wrt`s, which returns the result, or several as a PooledVector. It is called when they
/// are asked for, and then stands in for what `wrt` and `through` say.
template <class F>
Defined<std::decay_t<F>> defined(F&& definition) {
  return {std::forward<F>(definition)};
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
/// \param inputs one `wrt` per input, after an optional `through`; `given` options and what it is `defined` as anywhere
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
