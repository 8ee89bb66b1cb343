// SPDX-License-Identifier: MIT
#include <xtape/data/arrays.hpp>

#include "data/checks.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI::data {
namespace {

Shape with_rows(Shape shape, std::size_t count) {
  shape[0] = count;
  return shape;
}

PooledVector<Column> room(const PooledVector<Column>& columns, std::size_t count) {
  PooledVector<Column> made;
  made.reserve(columns.size());
  for (const Column& column : columns) {
    const Shape shape = with_rows(column.shape(), count);
    made.push_back(column.has_ids() ? ids(shape) : Column{uninitialized(shape)});
  }
  return made;
}

// Copies rows, each of as many elements as the others.
template <class T>
void copy_rows(std::span<const T> from, std::size_t rows, std::span<const std::uint32_t> indices,
               T* to) {
  const std::size_t row = from.size() / rows;
  for (const std::uint32_t index : indices) to = std::copy_n(from.data() + index * row, row, to);
}

void copy_rows(const PooledVector<Column>& from, std::size_t rows,
               std::span<const std::uint32_t> indices, PooledVector<Column>& to) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i].has_ids())
      copy_rows(from[i].ids(), rows, indices, to[i].ids().data());
    else
      copy_rows(std::span{from[i].array().data(), from[i].size()}, rows, indices,
                to[i].numbers().data());
  }
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
  copy_rows(samples_.inputs, size(), indices, batch.inputs);
  copy_rows(samples_.targets, size(), indices, batch.targets);
  if (!samples_.weights.empty())
    copy_rows(std::span<const Scalar>{samples_.weights}, size(), indices, batch.weights.data());
}

}  // namespace xtape::inline XTAPE_ABI::data
