// SPDX-License-Identifier: MIT
// Short rows of a matrix, as many at a time as a vector has lanes: transposed, what is done to each row is done to
// all of them at once.
#pragma once

#include "kernels/simd.hpp"

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

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
