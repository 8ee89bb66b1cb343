// SPDX-License-Identifier: MIT
#include <xtape/data/arrays.hpp>

#include "data/checks.hpp"
#include "data/columns.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI::data {
namespace {

void copy_rows(const PooledVector<Column>& from, std::span<const std::uint32_t> indices,
               PooledVector<Column>& to) {
  for_each_pair(from, to, [&](const auto* in, auto* out, std::size_t row) {
    for (const std::uint32_t index : indices) out = std::copy_n(in + index * row, row, out);
  });
}

}  // namespace

ArrayDataset::ArrayDataset(Batch samples, Location at) : samples_{std::move(samples)} {
  const Op op{"dataset", at};
  if (samples_.inputs.empty() && samples_.targets.empty())
    throw ShapeError(op, "expected at least one array, got none");
  const std::size_t count = size();
  for (const auto* columns : {&samples_.inputs, &samples_.targets})
    for (const Column& column : *columns)
      if (column.shape().empty() || column.shape()[0] != count)
        throw ShapeError(
            op, text("expected (", count, ", ...), a row for each sample, got ", column.shape()));
  if (!samples_.weights.empty()) check_weights(op, samples_.weights, count);
}

ArrayDataset::ArrayDataset(Column input, Column target, Location at)
    : ArrayDataset{Batch{.inputs = {std::move(input)}, .targets = {std::move(target)}}, at} {}

Batch ArrayDataset::make_batch(std::size_t count) const {
  return {.inputs = room(samples_.inputs, count),
          .targets = room(samples_.targets, count),
          .weights = PooledVector<Scalar>(samples_.weights.empty() ? 0 : count)};
}

void ArrayDataset::gather(std::span<const std::uint32_t> indices, Batch& batch, Rng&) const {
  for (const std::uint32_t index : indices) check_index(Op::nowhere("gather"), index, size());
  copy_rows(samples_.inputs, indices, batch.inputs);
  copy_rows(samples_.targets, indices, batch.targets);
  if (samples_.weights.empty()) return;
  for (std::size_t i = 0; i < indices.size(); ++i) batch.weights[i] = samples_.weights[indices[i]];
}

}  // namespace xtape::inline XTAPE_ABI::data
