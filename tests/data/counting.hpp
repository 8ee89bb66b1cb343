// SPDX-License-Identifier: MIT
// A dataset whose samples say which they are.
#pragma once

#include "support.hpp"

namespace test {

/// Sample i is (i, -i), of class i % 3.
struct Counting : data::Dataset {
  explicit Counting(std::size_t size) : size_{size} {}
  std::size_t size() const override { return size_; }
  data::Batch make_batch(std::size_t count) const override {
    return {.inputs = {uninitialized({count, 2})}, .targets = {data::ids({count})}};
  }
  void gather(std::span<const std::uint32_t> indices, data::Batch& batch, Rng&) const override {
    auto images = batch.inputs[0].numbers().begin();
    auto labels = batch.targets[0].ids().begin();
    for (const std::uint32_t i : indices) {
      *images++ = static_cast<Scalar>(i);
      *images++ = -static_cast<Scalar>(i);
      *labels++ = static_cast<std::int32_t>(i % 3);
    }
  }
  std::size_t size_;
};

}  // namespace test
