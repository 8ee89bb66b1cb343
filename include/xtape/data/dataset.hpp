// SPDX-License-Identifier: MIT
/// \file
/// Datasets: samples that can be gathered into a batch.
#pragma once

#include <xtape/data/batch.hpp>
#include <xtape/random.hpp>

#include <cstdint>
#include <span>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::data {

/// Samples of one kind: any number of inputs and targets, each numbers of a shape or ids. Write your own in a few
/// lines:
/// ```
/// struct Ramp : data::Dataset {
///   std::size_t size() const override { return 1000; }
///   data::Batch make_batch(std::size_t count) const override {
///     return {.inputs = {zeros({count, 1})}, .targets = {data::ids({count})}};
///   }
///   void gather(std::span<const std::uint32_t> indices, data::Batch& batch, Rng&) const override {
///     auto x = batch.inputs[0].numbers().begin();
///     auto label = batch.targets[0].ids().begin();
///     for (std::uint32_t i : indices) {
///       *x++ = Scalar(i) / 1000;
///       *label++ = i >= 500;
///     }
///   }
/// };
/// ```
class Dataset {
 public:
  virtual ~Dataset() = default;
  /// The number of samples.
  virtual std::size_t size() const = 0;
  /// A batch with room for so many samples, which `gather` fills: what is in it does not matter.
  virtual Batch make_batch(std::size_t count) const = 0;
  /// Writes the samples of the given indices, one after the other, into a batch that has room for just these. What
  /// is random about a sample, as noise or a crop, is drawn from `rng`, the batch's own generator: it depends on
  /// the epoch and the batch's place in it alone, so that a training that is resumed sees the same. `batches` calls
  /// this on a thread of the pool, while other code may read the dataset too.
  virtual void gather(std::span<const std::uint32_t> indices, Batch& batch, Rng& rng) const = 0;
};

}  // namespace xtape::inline XTAPE_ABI::data
#pragma GCC visibility pop
