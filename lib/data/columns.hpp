// SPDX-License-Identifier: MIT
// Columns row by row.
#pragma once

#include <xtape/data/batch.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI::data {

/// A shape for another number of samples.
inline Shape with_rows(Shape shape, std::size_t count) {
  shape[0] = count;
  return shape;
}

/// Columns for so many samples such as those.
inline PooledVector<Column> room(const PooledVector<Column>& columns, std::size_t count) {
  PooledVector<Column> made;
  made.reserve(columns.size());
  for (const Column& column : columns) {
    const Shape shape = with_rows(column.shape(), count);
    made.push_back(column.has_ids() ? ids(shape) : Column{uninitialized(shape)});
  }
  return made;
}

/// Calls `copy(from, to, elements of a row)` for the elements of each pair of columns, which are of one kind.
template <class Copy>
void for_each_pair(const PooledVector<Column>& from, PooledVector<Column>& to, Copy copy) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::size_t row = from[i].size() / std::max<std::size_t>(from[i].shape()[0], 1);
    if (from[i].has_ids())
      copy(from[i].ids().data(), to[i].ids().data(), row);
    else
      copy(from[i].array().data(), to[i].numbers().data(), row);
  }
}

}  // namespace xtape::inline XTAPE_ABI::data
