// SPDX-License-Identifier: MIT
// Short rows of a matrix, as many at a time as a vector has lanes: what is done to each row is done to all of them at
// once.
#pragma once

#include "kernels/simd.hpp"

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// Lane r has what `join` makes of all lanes of row(r), for as many rows.
template <class Row, class Join>
Vec joined_rows(std::size_t rows, Row row, Join join) {
  Vec all[lanes];
  if (rows == lanes) {  // without a branch per row
    for (std::size_t r = 0; r < lanes; ++r) all[r] = row(r);
  } else {
    for (std::size_t r = 0; r < lanes; ++r) all[r] = r < rows ? row(r) : Vec{};
  }
  return joined(all, join, std::make_index_sequence<lanes>{});
}

/// The most columns of a short row: two vectors.
inline constexpr std::size_t short_columns = 2 * lanes;

/// The one vector that `join` makes of those of a short row, which are of(column, lanes); `nothing` beyond the row.
template <class Of, class Join>
[[gnu::always_inline]] inline Vec joined_vectors(std::size_t columns, Scalar nothing, Of of,
                                                 Join join) {
  const auto last = [&](std::size_t c) {
    const IntVec inside = lane_numbers < IntVec{} + static_cast<Integer>(columns - c);
    return inside ? of(c, Lanes{columns - c}) : splat(nothing);
  };
  return columns <= lanes ? last(0) : join(of(0, AllLanes{}), last(lanes));
}

/// Goes over short rows as over one array.
class ShortRows {
 public:
  explicit ShortRows(std::size_t columns) : columns_{columns} {
    std::size_t i = 0;
    for (std::size_t r = 0; r < lanes; ++r)
      for (std::size_t c = 0; c < columns; ++c, ++i)
        row_[i / lanes][i % lanes] = static_cast<Integer>(r);
  }
  /// Calls f(begin, lanes, spread) for each vector of `rows` rows, at most as many as there are lanes: spread(v) has in
  /// each lane what v has for its row.
  template <class F>
  [[gnu::always_inline]] void for_each(std::size_t rows, F f) const {
    for_each_vector(rows * columns_, [&](std::size_t i, auto part) {
      f(i, part, [&, i](Vec v) { return permuted(v, row_[i / lanes]); });
    });
  }

 private:
  std::size_t columns_;
  IntVec row_[short_columns];  // of each lane of each vector
};

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
