// SPDX-License-Identifier: MIT
/// \file
/// Datasets made of others: changed batch by batch, or one behind the other.
#pragma once

#include <xtape/data/dataset.hpp>

#include <functional>
#include <initializer_list>
#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI::data {

/// Makes a batch of a batch, of as many samples. What is random comes from the generator that `gather` got.
using BatchFunction = std::function<Batch(Batch batch, Rng& rng)>;

/// A dataset whose batches go through a function, on the thread that gathers them; it must outlive this one.
class Mapped final : public Dataset {
 public:
  /// Throws ValueError if there is no function.
  Mapped(const Dataset& whole, BatchFunction function, Location at = Location::current());
  /// A dataset that dies before this one.
  Mapped(const Dataset&&, BatchFunction, Location = Location::current()) = delete;

  std::size_t size() const override { return whole_.size(); }
  /// What the function gets, not what it makes.
  Batch make_batch(std::size_t count) const override { return whole_.make_batch(count); }
  /// Throws what the function throws, and ShapeError if it makes another number of samples.
  void gather(std::span<const std::uint32_t> indices, Batch& batch, Rng& rng) const override;

 private:
  const Dataset& whole_;
  BatchFunction function_;
};

/// A dataset whose batches go through a function, which may change them where they are or make others:
/// ```
/// const auto noisy = data::map(train, [](data::Batch batch, Rng& rng) {
///   for (Scalar& x : batch.inputs[0].numbers()) x += Scalar(0.1 * rng.normal());
///   return batch;
/// });
/// ```
/// It runs while the batch before is used, and must not change what others read. The dataset must outlive the result.
Mapped map(const Dataset& whole, BatchFunction function, Location at = Location::current());
/// A dataset that dies before the result.
Mapped map(const Dataset&&, BatchFunction, Location = Location::current()) = delete;

/// Datasets one behind the other; they must outlive it.
class Concatenated final : public Dataset {
 public:
  /// The parts, in order.
  using Parts = std::vector<std::reference_wrapper<const Dataset>>;
  /// Throws ValueError if there are no parts.
  explicit Concatenated(Parts parts, Location at = Location::current());

  std::size_t size() const override { return ends_.back(); }
  /// What the first part makes.
  Batch make_batch(std::size_t count) const override {
    return parts_.front().get().make_batch(count);
  }
  /// Throws ShapeError if parts have samples of different shapes, ValueError if an index is not less than `size()`.
  void gather(std::span<const std::uint32_t> indices, Batch& batch, Rng& rng) const override;

 private:
  Parts parts_;
  std::vector<std::size_t> ends_;  // of each part, as indices here
};

/// Datasets one behind the other, such as `concat({digits, more_digits})`. Sample 0 of the second comes after the
/// last of the first. They must outlive the result. Throws ValueError if there are none.
Concatenated concat(std::initializer_list<std::reference_wrapper<const Dataset>> parts,
                    Location at = Location::current());

}  // namespace xtape::inline XTAPE_ABI::data
#pragma GCC visibility pop
