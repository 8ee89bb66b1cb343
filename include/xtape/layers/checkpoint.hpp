// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/layers/sequential.hpp>

#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

namespace detail {
/// Applies a function now and again in the backward pass, and keeps nothing in between.
Variable recomputed(const Variable& x, std::function<Variable(const Variable&)> function,
                    const std::vector<NamedBuffer>& buffers, const Location& at);
}  // namespace detail

/// A layer of which a tape keeps nothing but the input. See `checkpoint`.
template <LayerLike L>
class Checkpointed {
 public:
  /// Takes the layer over.
  explicit Checkpointed(L layer) : layer_{std::move(layer)} {}
  /// Applies the layer.
  Variable operator()(const Variable& x, Location at = Location::current()) {
    return detail::recomputed(
        x, [this, at](const Variable& v) { return apply(layer_, v, at); },
        detail::buffers_of(detail::arrays_of(layer_)), at);
  }
  /// Lists what the layer lists, under the same names.
  void parameters(ParameterList& list) { list("", layer_); }
  L& layer() noexcept { return layer_; }  ///< what it was made of

 private:
  L layer_;
};

/// The layer, computed again in the backward pass, so that in between only its input is kept (Chen et al., 2016): memory
/// for time, as many additional operations as a forward pass of the layer has. Values, gradients and running statistics
/// have the same bits as without, with dropout inside, too, as its bits are named by the pass and the op. It may be in
/// another one, and has the layer's names: `Sequential{checkpoint(Sequential{...}), checkpoint(Sequential{...}), ...}`.
/// In Mode::eval and Mode::derive it is the layer. It must stay where it is, and its parameters and the Precision in
/// scope as they are, until the backward pass is done; it must not use variables of the tape but its input. Throws what the
/// layer throws.
template <LayerLike L>
Checkpointed<std::decay_t<L>> checkpoint(L&& layer) {
  return Checkpointed<std::decay_t<L>>{std::forward<L>(layer)};
}

/// Layers in about as many runs as a run has layers, each a `checkpoint`. See `every_sqrt`.
class CheckpointedRuns {
 public:
  /// Takes the layers over, in so many runs of about one length.
  CheckpointedRuns(Sequential layers, std::size_t runs);
  /// Applies the layers.
  Variable operator()(const Variable& x, Location at = Location::current());
  /// Lists what the layers list, under the same names.
  void parameters(ParameterList& list) { layers_.parameters(list); }
  Sequential& layers() noexcept { return layers_; }  ///< what it was made of

 private:
  Sequential layers_;
  std::size_t runs_;
};

/// n layers in sqrt(n) runs of sqrt(n), each a `checkpoint`: the memory of about 2 sqrt(n) of them, for one more
/// forward pass: `auto net = every_sqrt(Sequential{...});`. Names are those of the layers.
CheckpointedRuns every_sqrt(Sequential layers);

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
