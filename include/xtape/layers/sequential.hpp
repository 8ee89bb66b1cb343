// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/layers/layer.hpp>

#include <memory>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Layers applied one after the other. Their parameters are listed under the layers' numbers, such as
/// `0.weight`, and an error in one of them names it.
class Sequential {
 public:
  /// Takes the layers over: `Sequential net{Dense{{.in = 4, .out = 2}, rng}, relu};` A layer that has a name
  /// is moved: `Sequential net{std::move(dense), relu}`. `tanh` is also a function of the C library, which
  /// the compiler cannot choose between: write `Tanh{}`.
  // LayerLike comes last: whether a Sequential can be moved must not depend on itself.
  template <class... Layers>
  requires((sizeof...(Layers) > 1 || (!std::same_as<std::decay_t<Layers>, Sequential> && ...)) &&
           (LayerLike<Layers> && ...)) explicit Sequential(Layers&&... layers) {
    (add(std::forward<Layers>(layers)), ...);
  }

  /// Appends a layer.
  template <LayerLike L>
  void add(L&& layer) {
    layers_.push_back(std::make_unique<Model<std::decay_t<L>>>(std::forward<L>(layer)));
  }
  /// Number of layers.
  std::size_t size() const noexcept { return layers_.size(); }

  /// Applies the layers. An Error that one of them throws gets its number and the caller's place.
  Variable operator()(const Variable& x, Location at = Location::current());
  /// Lists the parameters of each layer under its number.
  void parameters(ParameterList& list);

 private:
  struct Concept {
    virtual ~Concept() = default;
    virtual Variable call(const Variable& x, const Location& at) = 0;
    virtual void parameters(std::string_view name, ParameterList& list) = 0;
  };
  template <class L>
  struct Model final : Concept {
    explicit Model(L wrapped) : layer{std::move(wrapped)} {}
    Variable call(const Variable& x, const Location& at) override { return apply(layer, x, at); }
    void parameters(std::string_view name, ParameterList& list) override { list(name, layer); }
    L layer;
  };

  std::vector<std::unique_ptr<Concept>> layers_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
