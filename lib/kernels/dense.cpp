// SPDX-License-Identifier: MIT
#include "kernels/dense.hpp"

#include "kernels/tile.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// Rows of a panel that are used for all rows of a before the next: they stay in the first-level cache.
constexpr std::size_t block_depth = 32768 / (tile_columns * sizeof(Scalar));

// `add` says that c has the sum over earlier depths; `width` of the columns are wanted.
struct Tile {
  template <std::size_t Rows, std::size_t Vectors>
  static void run(const Scalar* a, std::size_t row, std::size_t step, const Scalar* b,
                  std::size_t b_row, std::size_t depth, std::size_t width, bool add, Scalar* c,
                  std::size_t stride) {
    // The result, which may be far away, arrives while the sums are computed.
    for (std::size_t r = 0; r < Rows; ++r)
      for (std::size_t v = 0; v < Vectors; ++v) __builtin_prefetch(c + r * stride + v * lanes, 1);
    Vec sum[Rows][Vectors] = {};
    multiply_add(sum, a, row, step, b, b_row, depth);
    const Lanes last{width - (Vectors - 1) * lanes};
    XTAPE_UNROLL
    for (std::size_t r = 0; r < Rows; ++r, c += stride) {
      XTAPE_UNROLL
      for (std::size_t v = 0; v + 1 < Vectors; ++v)
        store(c + v * lanes, add ? sum[r][v] + load(c + v * lanes) : sum[r][v]);
      Scalar* const end = c + (Vectors - 1) * lanes;
      store(end, add ? sum[r][Vectors - 1] + load(end, last) : sum[r][Vectors - 1], last);
    }
  }
};

// Asks for a part of the rows of a panel, which are needed soon.
void prefetch(const Scalar* panel, std::size_t row, std::size_t begin, std::size_t end) {
  constexpr std::size_t line = 64 / sizeof(Scalar);
  for (std::size_t i = begin; i < end; ++i)
    for (std::size_t column = 0; column < tile_columns; column += line)
      __builtin_prefetch(panel + i * row + column, 0, 2);
}

// c = a * b, or with `add` c += a * b, through `block` of the depth at a time.
void multiply(std::size_t m, std::size_t n, std::size_t k, std::size_t block, Factor a, Panels b,
              Scalar* c, std::size_t stride, bool add) {
  const std::size_t row = a.row_step(), step = a.column_step();
  for (std::size_t i = 0; i < k; i += block)
    for (std::size_t column = 0; column < n; column += tile_columns) {
      const std::size_t width = std::min(tile_columns, n - column), vectors = vectors_of(width);
      const std::size_t depth = std::min(block, k - i);
      const Scalar* const panel = b.data + column / tile_columns * b.panel + i * b.row;
      // While the tiles of a panel are computed, the rows of the next one arrive.
      const bool more = column + 2 * tile_columns <= n;
      const Scalar* const next = more ? panel + b.panel : b.data + (i + depth) * b.row;
      const std::size_t next_depth = more ? depth : std::min(block, k - i - depth);
      const RowTiles rows{m, tile_rows(vectors)};
      for (std::size_t t = 0; t < rows.size(); ++t) {
        const std::size_t begin = rows.begin(t);
        prefetch(next, b.row, t * next_depth / rows.size(), (t + 1) * next_depth / rows.size());
        Tiles<Tile>::of(rows.height(t), vectors)(a.data + begin * row + i * step, row, step, panel,
                                                 b.row, depth, width, add || i > 0,
                                                 c + begin * stride + column, stride);
      }
    }
}

void product(std::size_t m, std::size_t n, std::size_t k, Factor a, Panels b, Scalar* c,
             std::size_t stride, bool add) {
  if (k == 0 && !add)
    for (std::size_t r = 0; r < m; ++r) std::fill(c + r * stride, c + r * stride + n, Scalar{0});
  multiply(m, n, k, block_depth, a, b, c, stride, add);
}

// Copies a square of up to lanes x lanes elements, transposed.
void copy_transposed(std::size_t rows, std::size_t columns, const Scalar* from,
                     std::size_t from_stride, Scalar* to, std::size_t to_stride) {
  const Lanes row_part{columns}, column_part{rows};
  Vec square[lanes] = {};
  for (std::size_t r = 0; r < rows; ++r) square[r] = load(from + r * from_stride, row_part);
  transpose(square);
  for (std::size_t c = 0; c < columns; ++c) store(to + c * to_stride, square[c], column_part);
}

// The same for a matrix.
void transpose(std::size_t rows, std::size_t columns, const Scalar* from, std::size_t from_stride,
               Scalar* to, std::size_t to_stride) {
  for (std::size_t r = 0; r < rows; r += lanes)
    for (std::size_t c = 0; c < columns; c += lanes)
      copy_transposed(std::min(lanes, rows - r), std::min(lanes, columns - c),
                      from + r * from_stride + c, from_stride, to + c * to_stride + r, to_stride);
}

void product_transposed(std::size_t m, std::size_t n, std::size_t k, Factor a, Panels b, Scalar* c,
                        std::size_t stride) {
  // Blocks of the product that stay in the first-level cache until they are transposed. The panels come
  // from the second-level cache; the deeper a block, the less often its sums are stored and loaded.
  constexpr std::size_t block_rows = 96, block_columns = tile_columns;
  Scalar block[block_rows * block_columns];
  for (std::size_t column = 0; column < n; column += block_columns)
    for (std::size_t row = 0; row < m; row += block_rows) {
      const std::size_t height = std::min(block_rows, m - row);
      const std::size_t width = std::min(block_columns, n - column);
      Factor part = a;
      part.data += row * a.row_step();
      if (k == 0) std::fill_n(block, height * block_columns, Scalar{0});
      multiply(height, width, k, 256, part,
               {b.data + column / tile_columns * b.panel, b.row, b.panel}, block, block_columns,
               false);
      transpose(height, width, block, block_columns, c + column * stride + row, stride);
    }
}

void copy(std::size_t rows, std::size_t columns, const Scalar* from, std::size_t from_stride,
          Scalar* to, std::size_t to_stride) {
  for (std::size_t r = 0; r < rows; ++r, from += from_stride, to += to_stride)
    for_each_vector(columns,
                    [=](std::size_t i, auto part) { store(to + i, load(from + i, part), part); });
}

void pack(std::size_t k, std::size_t n, Factor b, Scalar* panels) {
  for (std::size_t column = 0; column < n; column += tile_columns, panels += k * tile_columns) {
    const std::size_t width = std::min(tile_columns, n - column);
    const Scalar* const from = b.data + column * b.column_step();
    if (b.transposed) {
      if (width < tile_columns) std::fill_n(panels, k * tile_columns, Scalar{0});
      transpose(width, k, from, b.stride, panels, tile_columns);
      continue;
    }
    // Whole vectors: what is beyond a narrow panel is zero in the last of those that are read.
    for (std::size_t i = 0; i < k; ++i)
      for_each_vector(width, [x = from + i * b.stride, to = panels + i * tile_columns](
                                 std::size_t v, auto part) { store(to + v, load(x + v, part)); });
  }
}

}  // namespace

void fill(DenseKernels& kernels, Set) {
  kernels.panel_columns = tile_columns;
  kernels.vector_columns = lanes;
  kernels.copy = copy;
  kernels.pack = pack;
  kernels.product = product;
  kernels.product_transposed = product_transposed;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
