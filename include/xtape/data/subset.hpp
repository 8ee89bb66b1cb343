// SPDX-License-Identifier: MIT
/// \file
/// Datasets made of another: a part of it, its samples several times, with weights.
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

/// Parts a dataset by position: the second part is the given share of all, rounded, from its end. Throws ValueError
/// unless both parts have a sample. The dataset must outlive the parts.
std::pair<Subset, Subset> split(const Dataset& whole, double share,
                                Location at = Location::current());
/// A dataset that dies before its parts.
std::pair<Subset, Subset> split(const Dataset&&, double, Location = Location::current()) = delete;

/// A dataset several times over, one after the other, as for epochs of more steps. It must outlive the result. Throws
/// ValueError unless `times` is at least 1.
Subset repeat(const Dataset& whole, std::size_t times, Location at = Location::current());
/// A dataset that dies before the result.
Subset repeat(const Dataset&&, std::size_t, Location = Location::current()) = delete;

/// A dataset with samples of rare classes several times, so that each class has as many as the most frequent one:
/// first all samples in order, then, class by class, its samples over and over. Sample i is of the class `labels[i]`.
/// ```
/// const data::Subset balanced = data::oversample(train, train.labels());
/// ```
/// The dataset must outlive the result. Throws ValueError unless there is a label, at least 0, for each sample.
Subset oversample(const Dataset& whole, std::span<const std::int32_t> labels,
                  Location at = Location::current());
/// A dataset that dies before the result.
Subset oversample(const Dataset&&, std::span<const std::int32_t>,
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
