// SPDX-License-Identifier: MIT
/// \file
/// What a model does between its convolutions and its dense layers.
#pragma once

#include <xtape/io/layout.hpp>
#include <xtape/layers/layer.hpp>

#include <functional>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// See `flattened_images`, which calls this.
FlattenedImages find_flattened_images(const std::function<Variable(const Variable&)>& model,
                                      const std::vector<NamedParameter>& parameters,
                                      const Shape& sample);

/// The dense weights of a model whose input is a flattened image, with its number of channels: what saving
/// weights for PyTorch must know, and loading them from there.
/// ```
/// save_npz("net.npz", net, {.layout = Layout::torch, .flattened = flattened_images(net, {28, 28, 1})});
/// ```
/// The model is applied once, on a tape in Mode::eval, to a sample of zeros of the given shape, which is
/// without the batch axis. Images that have lost an axis, as by a mean over their rows, are followed as well.
/// Throws what the model throws, and ValueError where PyTorch's order is not known:
/// - a weight reads flattened images of different numbers of channels,
/// - a dense result becomes an image again,
/// - images are transposed, reshaped or multiplied along an axis before they are flattened,
/// - an axis is read that a reshape, or an op of one's own that gives another shape, made of several,
/// - images meet others whose axes are in another order,
/// - flattened images meet other arrays than numbers before a dense layer reads them, or are cut.
template <class Model>
FlattenedImages flattened_images(Model& model, const Shape& sample,
                                 Location at = Location::current()) {
  return find_flattened_images([&](const Variable& x) { return apply(model, x, at); },
                               parameters(model), sample);
}

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
