// SPDX-License-Identifier: MIT
#include "kernels/dense.hpp"

#include "kernels/tile.hpp"
#include "kernels/wide.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// Rows of a panel that are used for all rows of a before the next: they stay in the first-level cache.
constexpr std::size_t block_depth = 32768 / (tile_columns * sizeof(Scalar));
// And of a panel that comes from the second-level cache: the deeper, the less often its sums are stored and loaded.
constexpr std::size_t deep_block = 256;

// Of the columns `width` are wanted.
struct Tile {
  template <std::size_t Rows, std::size_t Vectors>
  static void run(const Scalar* a, std::size_t row, std::size_t step, const Scalar* b,
                  std::size_t b_row, std::size_t depth, std::size_t width, const Addend& addend,
                  Scalar* c, std::size_t stride) {
    // The result, which may be far away, arrives while the sums are computed.
    for (std::size_t r = 0; r < Rows; ++r)
      for (std::size_t v = 0; v < Vectors; ++v) __builtin_prefetch(c + r * stride + v * lanes, 1);
    Vec sum[Rows][Vectors] = {};
    multiply_add(sum, a, row, step, b, b_row, depth);
    if (width == Vectors * lanes)  // stores of a part take some processors a dozen cycles
      finish(sum, addend, c, stride, AllLanes{});
    else
      finish(sum, addend, c, stride, Lanes{width - (Vectors - 1) * lanes});
  }

  template <std::size_t Rows, std::size_t Vectors, class Part>
  [[gnu::always_inline]] static void finish(const Vec (&sum)[Rows][Vectors], const Addend& addend,
                                            Scalar* c, std::size_t stride, Part last) {
    const Scalar* rows = addend.rows;
    XTAPE_UNROLL
    for (std::size_t r = 0; r < Rows; ++r, c += stride) {
      XTAPE_UNROLL
      for (std::size_t v = 0; v < Vectors; ++v) {
        const auto of = [=](const Scalar* x) {
          return v + 1 < Vectors ? load(x + v * lanes) : load(x + v * lanes, last);
        };
        Vec y = sum[r][v];
        if (addend.row != nullptr) y += of(addend.row);
        if (rows != nullptr) y += of(rows);
        if (v + 1 < Vectors)
          store(c + v * lanes, y);
        else
          store(c + v * lanes, y, last);
      }
      if (rows != nullptr) rows += addend.stride;
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

// A panel for so many tiles is copied, unless its rows follow each other: where they are far apart, a few of them
// compete for the same places in a cache.
constexpr std::size_t many_tiles = 8;

// A panel with its rows behind each other.
class PanelCopy {
 public:
  // For a matrix that is read in place by so many tiles.
  PanelCopy(const Panels& b, std::size_t tiles)
      : row_{b.row}, copies_{b.row != tile_columns && tiles >= many_tiles} {}
  std::size_t row() const { return copies_ ? tile_columns : row_; }
  const Scalar* of(const Scalar* panel, std::size_t depth, std::size_t vectors) {
    if (!copies_) return panel;
    for (std::size_t i = 0; i < depth; ++i)
      for (std::size_t v = 0; v < vectors; ++v)
        store(elements_ + i * tile_columns + v * lanes, load(panel + i * row_ + v * lanes));
    return elements_;
  }

 private:
  std::size_t row_;
  bool copies_;
  alignas(64) Scalar elements_[std::max(block_depth, deep_block) * tile_columns];
};

// Adds the sums of some columns of a panel. Four sums each, as each addition waits for the one before.
void add_sums(const Scalar* panel, std::size_t row, std::size_t depth, std::size_t width,
              double* sums) {
  for (std::size_t c = 0; c < width; c += lanes) {
    WideVec all{};
    for (std::size_t i = 0; i < depth; i += few_terms) {
      Vec few[4] = {};
      const std::size_t end = std::min(i + few_terms, depth);
      std::size_t r = i;
      for (; r + 4 <= end; r += 4) {
        XTAPE_UNROLL
        for (std::size_t k = 0; k < 4; ++k) few[k] += load(panel + (r + k) * row + c);
      }
      for (; r < end; ++r) few[0] += load(panel + r * row + c);
      all += widen((few[0] + few[1]) + (few[2] + few[3]));
    }
    for (std::size_t l = 0; l < std::min(lanes, width - c); ++l) sums[c + l] += all[l];
  }
}

// c = a * b + addend, through `block` of the depth at a time.
void multiply(std::size_t m, std::size_t n, std::size_t k, std::size_t block, Factor a, Panels b,
              Scalar* c, std::size_t stride, const Addend& addend) {
  const std::size_t row = a.row_step(), step = a.column_step();
  PanelCopy copy{b, RowTiles{m, tile_rows(tile_vectors)}.size()};
  for (std::size_t i = 0; i == 0 || i < k; i += block) {
    const Addend before = i == 0 ? addend : Addend::at(c, stride);
    for (std::size_t column = 0; column < n; column += tile_columns) {
      const std::size_t width = std::min(tile_columns, n - column), vectors = vectors_of(width);
      const std::size_t depth = std::min(block, k - i);
      const Scalar* const panel = b.data + column / tile_columns * b.panel + i * b.row;
      // While the tiles of a panel are computed, the rows of the next one arrive.
      const bool more = column + 2 * tile_columns <= n;
      const Scalar* const next = more ? panel + b.panel : b.data + (i + depth) * b.row;
      const std::size_t next_depth = more ? depth : std::min(block, k - i - depth);
      const RowTiles rows{m, tile_rows(vectors)};
      const Scalar* const right = copy.of(panel, depth, vectors);
      if (b.sums != nullptr) add_sums(right, copy.row(), depth, width, b.sums + column);
      for (std::size_t t = 0; t < rows.size(); ++t) {
        const std::size_t begin = rows.begin(t);
        prefetch(next, b.row, t * next_depth / rows.size(), (t + 1) * next_depth / rows.size());
        Tiles<Tile>::of(rows.height(t), vectors)(
            a.data + begin * row + i * step, row, step, right, copy.row(), depth, width,
            before.from(begin, column), c + begin * stride + column, stride);
      }
    }
  }
}

void product(std::size_t m, std::size_t n, std::size_t k, Factor a, Panels b, Scalar* c,
             std::size_t stride, const Addend& addend) {
  multiply(m, n, k, block_depth, a, b, c, stride, addend);
}

// Copies a square of lanes x lanes elements, transposed.
void copy_transposed(const Scalar* from, std::size_t from_stride, Scalar* to,
                     std::size_t to_stride) {
  Vec square[lanes];
  XTAPE_UNROLL
  for (std::size_t r = 0; r < lanes; ++r) square[r] = load(from + r * from_stride);
  transpose(square);
  XTAPE_UNROLL
  for (std::size_t c = 0; c < lanes; ++c) store(to + c * to_stride, square[c]);
}
// What there is of one.
void copy_transposed(std::size_t rows, std::size_t columns, const Scalar* from,
                     std::size_t from_stride, Scalar* to, std::size_t to_stride) {
  if (rows == lanes && columns == lanes) return copy_transposed(from, from_stride, to, to_stride);
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
  // Blocks of the product that stay in the first-level cache until they are transposed.
  constexpr std::size_t block_rows = 96, block_columns = tile_columns;
  Scalar block[block_rows * block_columns];
  for (std::size_t column = 0; column < n; column += block_columns)
    for (std::size_t row = 0; row < m; row += block_rows) {
      const std::size_t height = std::min(block_rows, m - row);
      const std::size_t width = std::min(block_columns, n - column);
      Factor part = a;
      part.data += row * a.row_step();
      multiply(height, width, k, deep_block, part,
               {b.data + column / tile_columns * b.panel, b.row, b.panel}, block, block_columns,
               {});
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
