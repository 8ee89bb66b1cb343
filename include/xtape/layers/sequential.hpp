// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/layers/layer.hpp>

#include <concepts>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// A layer of any kind, as a Sequential has it: `net[0](x)`, `freeze(net["conv1"])`, `only(net[2], adam)`.
class AnyLayer {
 public:
  virtual ~AnyLayer() = default;
  /// Applies the layer.
  virtual Variable operator()(const Variable& x, Location at = Location::current()) = 0;
  /// Lists what the layer lists.
  void parameters(ParameterList& list) { list_under({}, list); }
  /// The same under a name; see ParameterList.
  virtual void list_under(std::string_view name, ParameterList& list) = 0;

 private:
  friend class Sequential;
  virtual Variable end_skip(const Variable& around, const Variable& x, Activation activation,
                            Location at) = 0;  // see add_to
};

namespace detail {

template <class L>
struct Model final : AnyLayer {
  explicit Model(L wrapped) : layer{std::move(wrapped)} {}
  Variable operator()(const Variable& x, Location at) override { return apply(layer, x, at); }
  Variable end_skip(const Variable& around, const Variable& x, Activation activation,
                    Location at) override {
    return xtape::add_to(around, layer, x, activation, at);
  }
  void list_under(std::string_view name, ParameterList& list) override { list(name, layer); }
  L layer;
};

}  // namespace detail

/// A layer with a name, in the braces of a Sequential.
class NamedLayer {
 public:
  /// Takes the layer over.
  template <LayerLike L>
  NamedLayer(std::string name, L&& layer)
      : name_{std::move(name)},
        layer_{std::make_unique<detail::Model<std::decay_t<L>>>(std::forward<L>(layer))} {}

 private:
  friend class Sequential;
  std::string name_;
  mutable std::unique_ptr<AnyLayer>
      layer_;  // what is in braces is const, and moved out of all the same
};

/// Which layer of a Sequential: its number, where negative ones count from the last, or its name.
struct LayerKey {
  /// By its number.
  LayerKey(std::integral auto i, Location place = Location::current())
      : number{static_cast<std::ptrdiff_t>(i)}, at{place} {}
  /// By its name, which for a layer without one is its number.
  template <std::convertible_to<std::string_view> Name>
  LayerKey(const Name& of, Location place = Location::current())
      : name{std::string_view{of}}, at{place} {}

  std::optional<std::string> name;  ///< if it is given
  std::ptrdiff_t number = 0;        ///< otherwise
  Location at;                      ///< where it is asked for
};

/// Layers applied one after the other. Their parameters are listed under the layers' numbers, such as
/// `0.weight`, or their names, such as `conv1.weight`, and an error in one of them names it.
class Sequential {
 public:
  /// No layers: x stays as it is.
  Sequential() = default;
  Sequential(Sequential&&) = default;             ///< Moves the layers, with their parameters.
  Sequential& operator=(Sequential&&) = default;  ///< Moves the layers, with their parameters.
  /// Takes the layers over: `Sequential net{Dense{{.in = 4, .out = 2}, rng}, relu};` A layer that has a name
  /// is moved: `Sequential net{std::move(dense), relu}`. `tanh` is also a function of the C library, which
  /// the compiler cannot choose between: write `Tanh{}`.
  // LayerLike comes last: whether a Sequential can be moved must not depend on itself.
  template <class... Layers>
  requires(sizeof...(Layers) > 0 &&
           (sizeof...(Layers) > 1 || (!std::same_as<std::decay_t<Layers>, Sequential> && ...)) &&
           (LayerLike<Layers> && ...)) explicit Sequential(Layers&&... layers) {
    (add(std::forward<Layers>(layers)), ...);
  }
  /// Takes layers over with their names: `Sequential net{{"hidden", Dense{{.in = 4, .out = 2}, rng}}, {"relu", relu}};`
  /// Throws ValueError where a name is empty, has a dot, or is another layer's.
  Sequential(std::initializer_list<NamedLayer> layers, Location at = Location::current());

  /// Appends a layer. Its name is its number.
  template <LayerLike L>
  void add(L&& layer) {
    append(nullptr, std::make_unique<detail::Model<std::decay_t<L>>>(std::forward<L>(layer)));
  }
  /// Appends a layer with a name. Throws ValueError where that is empty, has a dot, or is another layer's.
  template <LayerLike L>
  void add(std::string name, L&& layer, Location at = Location::current()) {
    add(NamedLayer{std::move(name), std::forward<L>(layer)}, at);
  }
  /// Number of layers.
  std::size_t size() const noexcept { return layers_.size(); }

  /// A layer by its number or name. Throws ValueError if there is none, with the names that there are.
  AnyLayer& operator[](const LayerKey& key) { return *layers_[place_of(key)].layer; }
  /// The same as what it is: `net.get<Dense>("hidden")`. Throws ValueError if it is of another class.
  template <class L>
  L& get(const LayerKey& key) {
    const std::size_t place = place_of(key);
    auto* const model = dynamic_cast<detail::Model<L>*>(layers_[place].layer.get());
    if (model == nullptr) fail_class(place, key.at);
    return model->layer;
  }

  /// Applies the layers. An Error that one of them throws gets its name and the caller's place.
  Variable operator()(const Variable& x, Location at = Location::current());
  /// Applies the layers from number `begin` to before `end`, at most size().
  Variable apply(const Variable& x, std::size_t begin, std::size_t end,
                 Location at = Location::current());
  /// activation(around + what the layers make of x), in the last one's pass if it has one for that: see AddsTo. Throws
  /// ShapeError unless their result has the shape of `around`.
  Variable add_to(const Variable& around, const Variable& x,
                  Activation activation = Activation::none, Location at = Location::current());
  /// Lists the parameters of each layer under its name.
  void parameters(ParameterList& list);

 private:
  struct Entry {
    std::shared_ptr<const std::string> name;  // null: its number
    std::unique_ptr<AnyLayer> layer;
  };

  void add(const NamedLayer& layer, Location at);
  void append(std::shared_ptr<const std::string> name, std::unique_ptr<AnyLayer> layer);
  template <class Apply>
  Variable inside(Tape& tape, std::size_t place, Location at, Apply apply);
  friend class Residual;
  Variable all_but_last(const Variable& x, Location at);
  Variable end_skip(const Variable& around, const Variable& x, Activation activation, Location at);
  std::string name_of(std::size_t place) const;
  std::size_t find(std::string_view name) const;  // the number of layers, if there is none
  std::size_t place_of(const LayerKey& key) const;
  [[noreturn]] void fail_class(std::size_t place, Location at) const;

  std::vector<Entry> layers_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
