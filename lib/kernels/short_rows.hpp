// SPDX-License-Identifier: MIT
// Short rows of a matrix, as many at a time as a vector has lanes: transposed, what is done to each row is done to
// all of them at once.
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

/// Goes over short rows as over one array.
class ShortRows {
 public:
  /// Rows of at most a vector.
  explicit ShortRows(std::size_t columns) : columns_{columns} {
    for (std::size_t i = 0; i < columns * lanes; ++i)
      row_[i / lanes][i % lanes] = static_cast<Integer>(i / columns);
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
  IntVec row_[lanes];  // of each lane of each vector
};

/// Vector c has element c of each row.
using Square = Vec[lanes];

/// At most `lanes` rows of at most `lanes` columns, which follow each other; 0 beyond.
inline void load_square(const Scalar* x, std::size_t rows, std::size_t columns, Square& square) {
  const Lanes part{columns};
  for (std::size_t r = 0; r < lanes; ++r)
    square[r] = r < rows ? load(x + r * columns, part) : Vec{};
  transpose(square);
}

/// Writes them back.
inline void store_square(Square& square, std::size_t rows, std::size_t columns, Scalar* y) {
  transpose(square);
  const Lanes part{columns};
  for (std::size_t r = 0; r < rows; ++r) store(y + r * columns, square[r], part);
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
