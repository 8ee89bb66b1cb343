// SPDX-License-Identifier: MIT
/// \file
/// Datasets made of others: a part of one, one with weights.
#pragma once

#include <xtape/data/dataset.hpp>

#include <utility>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::data {

/// Some samples of a dataset, which must outlive it. Nothing is copied.
class Subset final : public Dataset {
 public:
  /// Sample i is the sample `indices[i]` of `whole`. Throws ValueError if an index is not less than its size.
  Subset(const Dataset& whole, std::vector<std::uint32_t> indices,
         Location at = Location::current());
  /// A dataset that dies before its subset.
  Subset(const Dataset&&, std::vector<std::uint32_t>, Location = Location::current()) = delete;

  std::size_t size() const noexcept override { return indices_.size(); }
  Batch make_batch(std::size_t count) const override { return whole_.make_batch(count); }
  /// Throws ValueError if an index is not less than `size()`.
  void gather(std::span<const std::uint32_t> indices, Batch& batch, Rng& rng) const override;

  /// Where its samples are in the whole.
  std::span<const std::uint32_t> indices() const noexcept { return indices_; }

 private:
  const Dataset& whole_;
  std::vector<std::uint32_t> indices_;
};

/// Parts a dataset at random, as to keep some samples for validation; the second part is the given share of all,
/// rounded. No sample is in both. The dataset must outlive the parts.
/// ```
/// const auto [train, validation] = data::split(digits, 0.1, rng);
/// fit(net, train, validation, {}, rng, adam);
/// ```
/// Throws ValueError unless both parts have a sample.
std::pair<Subset, Subset> split(const Dataset& whole, double share, Rng& rng,
                                Location at = Location::current());
/// A dataset that dies before its parts.
std::pair<Subset, Subset> split(const Dataset&&, double, Rng&,
                                Location = Location::current()) = delete;

/// A dataset whose samples count more or less in the loss; it must outlive this one.
class Weighted final : public Dataset {
 public:
  /// Sample i has the weight `weights[i]`. Throws ValueError unless there is one for each sample, finite and at
  /// least 0.
  Weighted(const Dataset& whole, std::vector<Scalar> weights, Location at = Location::current());
  /// A dataset that dies before this one.
  Weighted(const Dataset&&, std::vector<Scalar>, Location = Location::current()) = delete;

  std::size_t size() const override { return whole_.size(); }
  Batch make_batch(std::size_t count) const override;
  void gather(std::span<const std::uint32_t> indices, Batch& batch, Rng& rng) const override;

 private:
  const Dataset& whole_;
  std::vector<Scalar> weights_;
};

}  // namespace xtape::inline XTAPE_ABI::data
#pragma GCC visibility pop
