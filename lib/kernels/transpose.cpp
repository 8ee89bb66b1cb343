// SPDX-License-Identifier: MIT
#include "kernels/transpose.hpp"

#include "kernels/simd.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// A square of the matrix, or what there is of one at its edges.
template <class Rows, class Columns>
void transpose_square(std::size_t rows, std::size_t columns, const Scalar* from,
                      std::size_t from_stride, Scalar* to, std::size_t to_stride, Rows row_part,
                      Columns column_part) {
  Vec square[lanes];
  for (std::size_t r = 0; r < lanes; ++r)
    square[r] = r < rows ? load(from + r * from_stride, column_part) : Vec{};
  transpose(square);
  for (std::size_t c = 0; c < lanes; ++c)
    if (c < columns) store(to + c * to_stride, square[c], row_part);
}

void transpose(std::size_t rows, std::size_t columns, const Scalar* from, std::size_t from_stride,
               Scalar* to, std::size_t to_stride) {
  for (std::size_t c = 0; c < columns; c += lanes)
    for (std::size_t r = 0; r < rows; r += lanes) {
      const Scalar* const source = from + r * from_stride + c;
      Scalar* const target = to + c * to_stride + r;
      const std::size_t height = rows - r, width = columns - c;
      // The next columns of these rows, as nothing else foresees that they are read.
      for (std::size_t i = 0; i < std::min(lanes, height); ++i)
        __builtin_prefetch(source + i * from_stride + lanes);
      if (height >= lanes && width >= lanes)
        transpose_square(lanes, lanes, source, from_stride, target, to_stride, AllLanes{},
                         AllLanes{});
      else
        transpose_square(height, width, source, from_stride, target, to_stride, Lanes{height},
                         Lanes{width});
    }
}

}  // namespace

void fill(TransposeKernels& k, Set) { k.transpose = transpose; }

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
