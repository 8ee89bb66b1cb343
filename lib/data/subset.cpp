// SPDX-License-Identifier: MIT
#include <xtape/data/subset.hpp>

#include "data/checks.hpp"

#include <algorithm>
#include <map>

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

namespace {

// The samples in an order, of which the last go into the second part.
std::pair<Subset, Subset> split(const Dataset& whole, std::vector<std::uint32_t> order,
                                double share, const Op& op) {
  const double exact = share * static_cast<double>(order.size());
  if (!(exact >= 0.5 && exact < static_cast<double>(order.size()) - 0.5))
    throw ValueError(op, text("a share of ", share, " of ", order.size(),
                              " samples leaves one of the parts empty"));
  const auto second = order.end() - static_cast<std::ptrdiff_t>(std::lround(exact));
  std::vector<std::uint32_t> last(second, order.end());
  order.erase(second, order.end());
  return {Subset{whole, std::move(order), op.at}, Subset{whole, std::move(last), op.at}};
}

}  // namespace

std::pair<Subset, Subset> split(const Dataset& whole, double share, Rng& rng, Location at) {
  std::vector<std::uint32_t> order = in_order(whole.size());
  shuffle(order, rng);
  return split(whole, std::move(order), share, {"split", at});
}

std::pair<Subset, Subset> split(const Dataset& whole, double share, Location at) {
  return split(whole, in_order(whole.size()), share, {"split", at});
}

Subset repeat(const Dataset& whole, std::size_t times, Location at) {
  check_count({"repeat", at}, "times", times);
  const std::vector<std::uint32_t> once = in_order(whole.size());
  std::vector<std::uint32_t> all;
  for (std::size_t i = 0; i < times; ++i) all.insert(all.end(), once.begin(), once.end());
  return {whole, std::move(all), at};
}

Subset oversample(const Dataset& whole, std::span<const std::int32_t> labels, Location at) {
  const Op op{"oversample", at};
  if (labels.size() != whole.size())
    throw ValueError(
        op, text("expected ", whole.size(), " labels, one for each sample, got ", labels.size()));
  std::map<std::int32_t, std::vector<std::uint32_t>> classes;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0)
      throw ValueError(op,
                       text("expected labels of at least 0, got ", labels[i], " for sample ", i));
    classes[labels[i]].push_back(static_cast<std::uint32_t>(i));
  }
  std::size_t most = 0;
  for (const auto& [label, samples] : classes) most = std::max(most, samples.size());
  std::vector<std::uint32_t> all = in_order(whole.size());
  for (const auto& [label, samples] : classes)
    for (std::size_t i = samples.size(); i < most; ++i) all.push_back(samples[i % samples.size()]);
  return {whole, std::move(all), at};
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
