// SPDX-License-Identifier: MIT
#include <xtape/data/subset.hpp>

#include "data/checks.hpp"

namespace xtape::inline XTAPE_ABI::data {

Subset::Subset(const Dataset& whole, std::vector<std::uint32_t> indices, Location at)
    : whole_{whole}, indices_{std::move(indices)} {
  for (const std::uint32_t index : indices_) check_index({"subset", at}, index, whole.size());
}

void Subset::gather(std::span<const std::uint32_t> indices, Batch& batch, Rng& rng) const {
  PooledVector<std::uint32_t> inner;
  inner.reserve(indices.size());
  for (const std::uint32_t index : indices) {
    check_index(Op::nowhere("gather"), index, size());
    inner.push_back(indices_[index]);
  }
  whole_.gather(inner, batch, rng);
}

std::pair<Subset, Subset> split(const Dataset& whole, double share, Rng& rng, Location at) {
  const std::size_t size = whole.size();
  const double exact = share * static_cast<double>(size);
  if (!(exact >= 0.5 && exact < static_cast<double>(size) - 0.5))
    throw ValueError({"split", at}, text("a share of ", share, " of ", size,
                                         " samples leaves one of the parts empty"));
  std::vector<std::uint32_t> order = in_order(size);
  shuffle(order, rng);
  const auto second = order.end() - static_cast<std::ptrdiff_t>(std::lround(exact));
  std::vector<std::uint32_t> last(second, order.end());
  order.erase(second, order.end());
  return {Subset{whole, std::move(order), at}, Subset{whole, std::move(last), at}};
}

Weighted::Weighted(const Dataset& whole, std::vector<Scalar> weights, Location at)
    : whole_{whole}, weights_{std::move(weights)} {
  check_weights({"weighted", at}, weights_, whole.size());
}

Batch Weighted::make_batch(std::size_t count) const {
  Batch batch = whole_.make_batch(count);
  batch.weights.resize(count);
  return batch;
}

void Weighted::gather(std::span<const std::uint32_t> indices, Batch& batch, Rng& rng) const {
  whole_.gather(indices, batch, rng);
  for (std::size_t i = 0; i < indices.size(); ++i) batch.weights[i] = weights_[indices[i]];
}

}  // namespace xtape::inline XTAPE_ABI::data
