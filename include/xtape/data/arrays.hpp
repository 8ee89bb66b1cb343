// SPDX-License-Identifier: MIT
/// \file
/// Samples that are in memory already.
#pragma once

#include <xtape/data/dataset.hpp>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::data {

/// Arrays and ids in memory, whose first axis counts the samples:
/// ```
/// data::ArrayDataset line{x, y};                                          // arrays (N, ...)
/// data::ArrayDataset flats{{.inputs = {rooms, streets}, .targets = {prices, kinds}}};
/// ```
class ArrayDataset final : public Dataset {
 public:
  /// Takes over all samples, and their weights, if they have some. Throws ShapeError unless there is a column and
  /// all are of equally many samples; ValueError unless there are no weights, or one for each sample, finite and at
  /// least 0.
  explicit ArrayDataset(Batch samples, Location at = Location::current());
  /// One input and one target.
  ArrayDataset(Column input, Column target, Location at = Location::current());

  std::size_t size() const noexcept override { return samples_.size(); }
  Batch make_batch(std::size_t count) const override;
  /// Throws ValueError if an index is not less than `size()`.
  void gather(std::span<const std::uint32_t> indices, Batch& batch, Rng& rng) const override;

  /// All samples.
  const Batch& samples() const noexcept { return samples_; }

 private:
  Batch samples_;
};

}  // namespace xtape::inline XTAPE_ABI::data
#pragma GCC visibility pop
