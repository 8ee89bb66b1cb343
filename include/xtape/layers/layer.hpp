// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/activation.hpp>
#include <xtape/ops/index.hpp>
#include <xtape/tape.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// A layer is anything that maps a Variable to a Variable; one that also takes a Location passes it on
/// to the errors of its ops. One that has parameters, or layers inside, lists them in a public
/// `void parameters(ParameterList&)`: without it they are trained, but not saved, loaded or counted (`fit`
/// refuses such a model).
template <class L>
concept LayerLike = std::move_constructible<std::decay_t<L>> &&
    std::constructible_from<std::decay_t<L>, L> &&
    (std::is_invocable_r_v<Variable, std::decay_t<L>&, const Variable&> ||
     std::is_invocable_r_v<Variable, std::decay_t<L>&, const Variable&, Location>);

/// Applies a layer, on behalf of a caller at the given place.
template <class L>
Variable apply(L& layer, const Variable& x, const Location& at) {
  if constexpr (std::is_invocable_v<L&, const Variable&, Location>)
    return layer(x, at);
  else
    return layer(x);
}

namespace detail {
// The class that declares such a function.
template <class C>
C owner_of(Variable (C::*)(const Variable&, const Variable&, Activation, Location));
template <class C>
C owner_of(Variable (C::*)(const Variable&, const Variable&, Activation, Location) const);
}  // namespace detail

/// A layer that can end a skip connection in its own pass, by a member
/// `Variable add_to(const Variable& around, const Variable& x, Activation activation, Location at)`. It is
/// activation(around + layer(x)), for each activation, and throws ShapeError unless both have one shape: a sum would
/// broadcast. One that is inherited does not count, as it may not do what the layer does.
template <class L>
concept AddsTo = std::same_as<decltype(detail::owner_of(&L::add_to)), L>;

namespace detail {
// activation(around + y). Throws ShapeError unless both have one shape.
Variable added(const Variable& around, const Variable& y, Activation activation, Location at);
}  // namespace detail

/// activation(around + layer(x)), on behalf of a caller at the given place: in the layer's own pass if it has one
/// (AddsTo). Throws what the layer does, and ShapeError unless its result has the shape of `around`.
template <class L>
Variable add_to(const Variable& around, L& layer, const Variable& x, Activation activation,
                const Location& at) {
  if constexpr (AddsTo<L>)
    return layer.add_to(around, x, activation, at);
  else
    return detail::added(around, apply(layer, x, at), activation, at);
}

/// A model of ids, as of text: a function of a tape and ids, and of a Location if it likes.
template <class Model>
concept ReadsIds = std::is_invocable_r_v<Variable, Model&, Tape&, const Ids&> ||
    std::is_invocable_r_v<Variable, Model&, Tape&, const Ids&, Location>;

/// Applies such a model, on behalf of a caller at the given place.
template <ReadsIds Model>
Variable apply(Model& model, Tape& tape, const Ids& ids, const Location& at) {
  if constexpr (std::is_invocable_v<Model&, Tape&, const Ids&, Location>)
    return model(tape, ids, at);
  else
    return model(tape, ids);
}

/// While it lives, what a tape records belongs to a layer: what a container of layers makes around each.
class LayerScope {
 public:
  /// Enters layer `number` of the layer that is being applied, and, unless it is null, of that name.
  LayerScope(Tape& tape, std::size_t number, std::shared_ptr<const std::string> name = nullptr)
      : tape_{tape}, outer_{tape.context_.scope} {
    tape.context_.scopes.push_back({outer_, static_cast<std::uint32_t>(number), std::move(name)});
    tape.context_.scope = static_cast<std::uint32_t>(tape.context_.scopes.size() - 1);
  }
  LayerScope(const LayerScope&) = delete;
  LayerScope& operator=(const LayerScope&) = delete;
  ~LayerScope() { tape_.context_.scope = outer_; }

 private:
  Tape& tape_;
  std::uint32_t outer_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
