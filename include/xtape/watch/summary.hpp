// SPDX-License-Identifier: MIT
/// \file
/// A table of a model's layers.
#pragma once

#include <xtape/layers/layer.hpp>

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// What a layer does to one sample.
struct LayerSummary {
  std::string layer = {};      ///< its path, such as `2.0`; empty outside a Sequential
  std::string ops = {};        ///< its ops in order, such as `conv2d, relu`
  Shape output = {};           ///< the shape of its result, without the batch axis
  std::size_t parameters = 0;  ///< scalars that it has and no layer before it
  double flops = 0;            ///< multiplications and additions of the forward pass
  std::size_t bytes = 0;       ///< of what its ops compute; a reshape computes nothing
};

/// What summary returns.
struct ModelSummary {
  std::vector<LayerSummary> layers = {};  ///< in the order in which they were applied
  Shape input = {};                       ///< the shape of the sample
  std::size_t parameters = 0;             ///< scalars of the model, used or not
  std::size_t trainable = 0;              ///< those that are not frozen
  std::size_t buffers = 0;                ///< scalars that the model keeps and does not learn
  double flops = 0;                       ///< per sample, of the forward pass
  std::size_t bytes = 0;                  ///< per sample, of all that is computed
  std::size_t batch = 0;                  ///< that of SummaryOptions
  std::size_t peak_memory = 0;  ///< bytes that a training step with that batch has in use at once

  /// As a table, for a person.
  std::string text() const;
};

/// Writes the table.
std::ostream& operator<<(std::ostream& out, const ModelSummary& summary);

/// What `summary` is to find out.
struct SummaryOptions {
  std::size_t batch = 0;  ///< samples of a training step whose memory is foretold; 0: of none
};

/// See `summary`, which calls this.
ModelSummary summarize(const std::function<Variable(const Variable&)>& model,
                       std::vector<NamedArray> arrays, const Shape& sample,
                       const SummaryOptions& options);

/// Applies a model once, in training mode, to a sample of zeros and lists what its layers did:
/// `std::cout << summary(net, {28, 28, 1});`. The sample's shape is without the batch axis; a model of ids gets the
/// id 0. A layer is what a Sequential numbers; elsewhere each op has a line of its own. Buffers that a layer changes
/// while it is applied, and gradients, have their values again in the end.
///
/// `summary(net, {28, 28, 1}, {.batch = 512})` also foretells the memory of a training step, see
/// `estimate_peak_memory`: parameters with their gradients, buffers, the batch, what the tape keeps, and what the
/// backward pass needs beside, for a loss that keeps an array as large as the model's result. It does not count what an
/// optimizer keeps, as Adam two arrays as large as the parameters, other batches, and freed blocks in the pool.
///
/// Throws what the model throws for such samples, and TapeError where there is a `.batch` and nothing learns.
template <class Model>
ModelSummary summary(Model& model, const Shape& sample, const SummaryOptions& options = {},
                     Location at = Location::current()) {
  return summarize(
      [&](const Variable& x) {
        if constexpr (ReadsIds<Model>) {
          const PooledVector<std::int32_t> ids(x.size());
          return apply(model, x.tape({"summary", at}), Ids{ids, x.shape()}, at);
        } else {
          return apply(model, x, at);
        }
      },
      detail::arrays_of(model), sample, options);
}

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop
