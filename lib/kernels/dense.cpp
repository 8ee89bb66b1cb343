// SPDX-License-Identifier: MIT
#include "kernels/dense.hpp"

#include "kernels/tile.hpp"

#include <xtape/memory.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// Rows of b that are used for all rows of a before the next: with the columns of a piece of a product
// they stay in the second-level cache, and a tile's part of a in the first.
constexpr std::size_t block_depth = 16384 / (tile_columns * sizeof(Scalar));

// Where the result of a tile goes: c[r * row + column * step].
struct Target {
  Scalar* c;
  std::size_t row, step;
};

struct Tile {
  // `width` of the columns are wanted; `add` says that c has the sum over earlier depths.
  template <std::size_t Rows, std::size_t Vectors>
  static void run(const Scalar* a, std::size_t row, std::size_t step, const Scalar* b,
                  std::size_t b_row, std::size_t depth, std::size_t width, bool add, Target to) {
    Vec sum[Rows][Vectors] = {};
    multiply_add(sum, a, row, step, b, b_row, depth);
    for (std::size_t r = 0; r < Rows; ++r)
      for (std::size_t v = 0; v < Vectors; ++v) {
        Scalar* const c = to.c + r * to.row + v * lanes;
        const std::size_t left = width - v * lanes;
        store_part(c, add ? sum[r][v] + load_part(c, left) : sum[r][v], left);
      }
  }
};

// The same, with the result's rows and columns exchanged: a tile is transposed on its way out.
struct TransposedTile {
  template <std::size_t Rows, std::size_t Vectors>
  static void run(const Scalar* a, std::size_t row, std::size_t step, const Scalar* b,
                  std::size_t b_row, std::size_t depth, std::size_t width, bool, Target to) {
    Vec sum[Rows][Vectors] = {};
    multiply_add(sum, a, row, step, b, b_row, depth);
    Scalar columns[Rows][tile_columns];
    for (std::size_t r = 0; r < Rows; ++r)
      for (std::size_t v = 0; v < Vectors; ++v) store(columns[r] + v * lanes, sum[r][v]);
    for (std::size_t c = 0; c < width; ++c)
      for (std::size_t r = 0; r < Rows; ++r) to.c[c * to.step + r] = columns[r][c];
  }
};

// A matrix whose rows are read in whole vectors: itself, or a copy, transposed or padded with zeros.
class Panels {
 public:
  Panels(Operand b, std::size_t k, std::size_t n)
      : copied_{b.transposed || n % lanes != 0},
        stride_{copied_ ? (n + lanes - 1) / lanes * lanes : b.stride},
        copy_{copied_ ? k * stride_ : 0},
        data_{copied_ ? copy_.data() : b.data} {
    if (!copied_) return;
    for (std::size_t i = 0; i < k; ++i) {
      Scalar* const row = copy_.data() + i * stride_;
      if (b.transposed)
        for (std::size_t j = 0; j < n; ++j) row[j] = b.data[j * b.stride + i];
      else
        std::copy(b.data + i * b.stride, b.data + i * b.stride + n, row);
      std::fill(row + n, row + stride_, Scalar{0});
    }
  }
  const Scalar* at(std::size_t row, std::size_t column) const {
    return data_ + row * stride_ + column;
  }
  std::size_t stride() const { return stride_; }

 private:
  bool copied_;
  std::size_t stride_;
  PooledBuffer<Scalar> copy_;
  const Scalar* data_;
};

// c = a * b by tiles of one kind, through all of `depth` at a time.
template <class Kind>
void multiply(std::size_t m, std::size_t n, std::size_t k, std::size_t depth, Operand a,
              const Panels& b, Target to) {
  static constexpr auto tiles = make_tiles<Kind>();
  const std::size_t row = a.transposed ? 1 : a.stride, step = a.transposed ? a.stride : 1;
  const std::size_t blocks = (m + tile_rows - 1) / tile_rows;
  for (std::size_t i = 0; i < k; i += depth)
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t begin = block * m / blocks, end = (block + 1) * m / blocks;
      for (std::size_t column = 0; column < n; column += tile_columns) {
        const std::size_t width = std::min(tile_columns, n - column);
        tiles[width > lanes ? 1 : 0][end - begin - 1](
            a.data + begin * row + i * step, row, step, b.at(i, column), b.stride(),
            std::min(depth, k - i), width, i > 0,
            {to.c + begin * to.row + column * to.step, to.row, to.step});
      }
    }
}

void product(std::size_t m, std::size_t n, std::size_t k, Operand a, Operand b, Scalar* c,
             std::size_t stride) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    for (std::size_t r = 0; r < m; ++r) std::fill(c + r * stride, c + r * stride + n, Scalar{0});
  } else if (b.transposed) {
    // c^T = b^T a^T: b is read in place, and only a, the small one, is copied.
    a.transposed = !a.transposed;
    b.transposed = false;
    multiply<TransposedTile>(n, m, k, k, b, Panels{a, k, m}, {c, 1, stride});
  } else {
    multiply<Tile>(m, n, k, block_depth, a, Panels{b, k, n}, {c, stride, 1});
  }
}

}  // namespace

void fill(DenseKernels& kernels) { kernels.product = product; }

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
