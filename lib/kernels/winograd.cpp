// SPDX-License-Identifier: MIT
// Some tiles at a time are transformed, multiplied and transformed back, while they stay in the cache. A position of
// the squares has a matrix of its own, of tiles and channels, so that its multiplications are a product of matrices.
#include "kernels/winograd.hpp"

#include "kernels/image_groups.hpp"
#include "kernels/winograd_transform.hpp"

#include <limits>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

using namespace winograd;

// A matrix of whole vectors for each position.
class Matrices {
 public:
  static std::size_t size(std::size_t rows, std::size_t columns) {
    return positions * distance(rows, columns);
  }
  Matrices(Scalar* data, std::size_t rows, std::size_t columns)
      : data_{data}, row_{vectors_of(columns) * lanes}, distance_{distance(rows, columns)} {}
  std::size_t row() const { return row_; }            // from row to row
  std::size_t distance() const { return distance_; }  // and from matrix to matrix
  Scalar* at(std::size_t position, std::size_t row) const {
    return data_ + position * distance_ + row * row_;
  }

 private:
  // A vector more than needed: equal places of all matrices would share a set of the cache where a matrix is a
  // multiple of 4096 bytes.
  static std::size_t distance(std::size_t rows, std::size_t columns) {
    return (rows * vectors_of(columns) + 1) * lanes;
  }
  Scalar* data_;
  std::size_t row_, distance_;
};

// Rows of the tiles of a product: c = a * b, or with `add` c += a * b.
struct Tile {
  template <std::size_t Rows, std::size_t Vectors>
  static void run(const Scalar* a, std::size_t row, std::size_t step, const Scalar* b,
                  std::size_t b_row, std::size_t depth, bool add, Scalar* c, std::size_t c_row) {
    Vec sum[Rows][Vectors];
    XTAPE_UNROLL
    for (std::size_t r = 0; r < Rows; ++r) {
      XTAPE_UNROLL
      for (std::size_t v = 0; v < Vectors; ++v)
        sum[r][v] = add ? load(c + r * c_row + v * lanes) : Vec{};
    }
    multiply_add(sum, a, row, step, b, b_row, depth);
    XTAPE_UNROLL
    for (std::size_t r = 0; r < Rows; ++r) {
      XTAPE_UNROLL
      for (std::size_t v = 0; v < Vectors; ++v) store(c + r * c_row + v * lanes, sum[r][v]);
    }
  }
};

// The same for matrices of any size. Element (r, i) of a is at r * row + i * step.
void multiply(std::size_t rows, std::size_t columns, std::size_t depth, const Scalar* a,
              std::size_t row, std::size_t step, const Scalar* b, std::size_t b_row, bool add,
              Scalar* c, std::size_t c_row) {
  constexpr std::size_t most = 2;  // vectors of a tile: with more, b would be read more often
  const std::size_t vectors = vectors_of(columns);
  for (std::size_t v = 0; v < vectors; v += most) {
    const std::size_t width = std::min(most, vectors - v);
    const RowTiles tiles{rows, tile_rows(width)};
    for (std::size_t t = 0; t < tiles.size(); ++t)
      Tiles<Tile>::of(tiles.height(t), width)(a + tiles.begin(t) * row, row, step, b + v * lanes,
                                              b_row, depth, add,
                                              c + tiles.begin(t) * c_row + v * lanes, c_row);
  }
}

// The tiles from `first` on.
struct Block {
  std::size_t first, count;
};

// Images as squares, one for each tile of the results: those of 4 x 4 pixels, or what they are made of, 6 x 6 with
// padding.
struct Mosaic {
  std::size_t height, width, channels, above, left;  // of an image, and the zeros before it
  std::size_t rows, columns;                         // of tiles

  std::size_t tiles() const { return rows * columns; }  // of an image
  std::size_t image() const { return height * width * channels; }
  // Asks for one of as many parts as there are positions of what a block has, which will soon be needed.
  void prefetch(const Scalar* images, Block block, std::size_t position) const {
    const std::size_t begin = block.first * image() / tiles(),
                      size = block.count * image() / tiles() / positions;
    for (std::size_t i = 0; i < size; i += 64 / sizeof(Scalar))
      __builtin_prefetch(images + begin + position * size + i, 0, 2);
  }
};

std::size_t tiles_along(const Slide& s) { return (s.count + outputs - 1) / outputs; }
Mosaic inputs(const ConvSizes& s) {
  const auto& [batch, in, out, rows, columns] = s;
  return {rows.size,           columns.size,        in, rows.before, columns.before,
          tiles_along(s.rows), tiles_along(columns)};
}
Mosaic results(const ConvSizes& s) {
  const auto& [batch, in, out, rows, columns] = s;
  return {rows.count, columns.count, out, 0, 0, tiles_along(rows), tiles_along(columns)};
}

// What a line from `at` on, of so many elements, has of others from `first` on: in [begin, end).
struct Overlap {
  std::size_t begin, end;
  Overlap(std::size_t at, std::size_t size, std::size_t first, std::size_t count)
      : begin{std::max(at, first)}, end{std::max(begin, std::min(at + size, first + count))} {}
};

// The pixels of a square; those beyond the image are zeros.
template <std::size_t Size>
class Square {
 public:
  // There are as many `zeros` as a row of pixels has channels.
  Square(const Mosaic& m, const Scalar* images, std::size_t tile, const Scalar* zeros)
      : channels_{m.channels} {
    const std::size_t top = tile % m.tiles() / m.columns * outputs,
                      left = tile % m.columns * outputs;
    const Overlap rows{top, Size, m.above, m.height}, columns{left, Size, m.left, m.width};
    first_ = columns.begin - left, last_ = columns.end - left;
    const Scalar* const image = images + tile / m.tiles() * m.image();
    for (std::size_t i = 0; i < Size; ++i)
      row_[i] = top + i < rows.begin || top + i >= rows.end
                    ? zeros
                    : image + ((top + i - m.above) * m.width + columns.begin - m.left) * channels_;
  }
  // A column, from a channel on.
  template <class Lanes>
  [[gnu::always_inline]] void load_column(std::size_t j, std::size_t channel, Lanes part,
                                          Line& column) const {
    const bool inside = j >= first_ && j < last_;
    const std::size_t at = (j - first_) * channels_ + channel;
    XTAPE_UNROLL
    for (std::size_t i = 0; i < Size; ++i) column[i] = inside ? load(row_[i] + at, part) : Vec{};
  }

 private:
  std::size_t channels_, first_, last_;  // the columns [first, last) are in the image
  const Scalar* row_[Size];              // at their first pixel in it
};

// Transforms a square of images for each tile of a block, to a row of each matrix.
template <std::size_t Size, void (*Along)(Line&)>
void transform_squares(const Mosaic& mosaic, const Scalar* images, Block block, const Scalar* zeros,
                       const Matrices& to) {
  for (std::size_t t = 0; t < block.count; ++t) {
    const Square<Size> square{mosaic, images, block.first + t, zeros};
    for_each_vector(mosaic.channels, [&](std::size_t channel, auto part) {
      Scalar* const first = to.at(0, t) + channel;
      const std::size_t distance = to.distance();
      transform<Size, points>(
          Along, [&](std::size_t j, Line& line) { square.load_column(j, channel, part, line); },
          [&](std::size_t i, const Line& line) {
            XTAPE_UNROLL
            for (std::size_t j = 0; j < points; ++j)
              store(first + (i * points + j) * distance, line[j]);
          });
    });
  }
}

// Transforms rows of the matrices to tiles of the results, which lose what is beyond their edges.
void transform_results(const Mosaic& mosaic, const Matrices& m, Block block, const Scalar* bias,
                       Vec floor, Scalar* y) {
  const std::size_t pixel = mosaic.channels, row = mosaic.width * pixel;
  for (std::size_t t = 0; t < block.count; ++t) {
    const std::size_t tile = block.first + t,
                      top = tile % mosaic.tiles() / mosaic.columns * outputs,
                      left = tile % mosaic.columns * outputs;
    const std::size_t height = std::min(outputs, mosaic.height - top),
                      width = std::min(outputs, mosaic.width - left);
    Scalar* const to = y + tile / mosaic.tiles() * mosaic.image() + top * row + left * pixel;
    for_each_vector(pixel, [&](std::size_t channel, auto part) {
      const Scalar* const first = m.at(0, t) + channel;
      const std::size_t distance = m.distance();
      const Vec start = bias == nullptr ? Vec{} : load(bias + channel, part);
      transform<points, outputs>(
          result,
          [&](std::size_t j, Line& line) {
            XTAPE_UNROLL
            for (std::size_t i = 0; i < points; ++i)
              line[i] = load(first + (i * points + j) * distance);
          },
          [&](std::size_t i, const Line& line) {
            if (i >= height) return;
            XTAPE_UNROLL
            for (std::size_t j = 0; j < outputs; ++j)
              if (j < width)
                store(to + i * row + j * pixel + channel, at_least(floor, line[j] + start), part);
          });
    });
  }
}

// Calls f(input channel, output channel, lanes) for all vectors of a kernel.
template <class F>
void for_each_tap_vector(const ConvSizes& s, F f) {
  parallel_ranges(s.in, row_grain(positions * s.out), [&](std::size_t begin, std::size_t end) {
    for (std::size_t c = begin; c < end; ++c)
      for_each_vector(s.out, [&](std::size_t k, auto part) { f(c, k, part); });
  });
}
void transform_kernel(const ConvSizes& s, const Scalar* w, const Matrices& u) {
  for_each_tap_vector(s, [&](std::size_t c, std::size_t k, auto part) {
    transform<taps, points>(
        kernel,
        [&](std::size_t j, Line& line) {
          for (std::size_t i = 0; i < taps; ++i)
            line[i] = load(w + ((i * taps + j) * s.in + c) * s.out + k, part);
        },
        [&](std::size_t i, const Line& line) {
          for (std::size_t j = 0; j < points; ++j) store(u.at(i * points + j, c) + k, line[j]);
        });
  });
}
void transform_kernel_gradient(const ConvSizes& s, const Matrices& u, Scalar* dw) {
  for_each_tap_vector(s, [&](std::size_t c, std::size_t k, auto part) {
    transform<points, taps>(
        kernel_gradient,
        [&](std::size_t j, Line& line) {
          for (std::size_t i = 0; i < points; ++i) line[i] = load(u.at(i * points + j, c) + k);
        },
        [&](std::size_t i, const Line& line) {
          for (std::size_t j = 0; j < taps; ++j)
            store(dw + ((i * taps + j) * s.in + c) * s.out + k, line[j], part);
        });
  });
}

// As many zeros as a row of a square has.
PooledBuffer<Scalar> zeros_for(std::size_t channels) {
  PooledBuffer<Scalar> zeros{points * channels};
  std::fill_n(zeros.data(), zeros.size(), Scalar{0});
  return zeros;
}

// Tiles of a block: enough for the transformed kernel to be read seldom, which may not fit into the cache, and few
// enough for what is made of them to stay there. Where they are few in all, there are blocks for some threads.
std::size_t block_size(std::size_t tiles) { return (tiles < 112 ? 1 : 2) * tile_rows(1); }

void conv2d(const ConvSizes& s, const Scalar* x, const Scalar* w, const Scalar* bias,
            Activation activation, Scalar* y) {
  const Mosaic from = inputs(s), to = results(s);
  const PooledBuffer<Scalar> zeros = zeros_for(s.in);
  PooledBuffer<Scalar> transformed{Matrices::size(s.in, s.out)};
  const Matrices u{transformed.data(), s.in, s.out};
  transform_kernel(s, w, u);

  const std::size_t tiles = s.batch * to.tiles(), most = block_size(tiles);
  const std::size_t grain = most * std::max<std::size_t>(1, (tiles + 16 * most - 1) / (16 * most)),
                    slices = (tiles + grain - 1) / grain;
  const std::size_t v_size = Matrices::size(most, s.in), m_size = Matrices::size(most, s.out);
  PooledBuffer<Scalar> scratch{slices * (v_size + m_size)};
  const Vec floor =
      splat(activation == Activation::relu ? 0 : -std::numeric_limits<Scalar>::infinity());
  parallel_ranges(tiles, grain, [&](std::size_t begin, std::size_t end) {
    Scalar* const own = scratch.data() + begin / grain * (v_size + m_size);
    const Matrices v{own, most, s.in}, m{own + v_size, most, s.out};
    for (Block block{begin, 0}; block.first < end; block.first += most) {
      block.count = std::min(most, end - block.first);
      transform_squares<points, input>(from, x, block, zeros.data(), v);
      const std::size_t next = block.first + block.count;
      for (std::size_t p = 0; p < positions; ++p) {
        from.prefetch(x, {next, std::min(most, end - next)}, p);
        to.prefetch(y, block, p);
        multiply(block.count, s.out, s.in, v.at(p, 0), v.row(), 1, u.at(p, 0), u.row(), false,
                 m.at(p, 0), m.row());
      }
      transform_results(to, m, block, bias, floor, y);
    }
  });
}

// The adjoint: the sums over all tiles are of what the transformed kernel is multiplied with.
void conv2d_grad_kernel(const ConvSizes& s, const Scalar* x, const Scalar* g, Scalar* dw) {
  const Mosaic from = inputs(s), to = results(s);
  const PooledBuffer<Scalar> zeros = zeros_for(std::max(s.in, s.out));
  const std::size_t most = block_size(s.batch * to.tiles());
  const std::size_t v_size = Matrices::size(most, s.in), m_size = Matrices::size(most, s.out),
                    u_size = Matrices::size(s.in, s.out);
  const double products = static_cast<double>(u_size) * static_cast<double>(s.batch * to.tiles());
  PooledBuffer<Scalar> sums{u_size};
  over_images(s.batch, u_size, products, sums.data(), v_size + m_size,
              [&](std::size_t first, std::size_t last, Scalar* scratch, Scalar* part) {
                const Matrices v{scratch, most, s.in}, m{scratch + v_size, most, s.out},
                    u{part, s.in, s.out};
                const std::size_t end = last * to.tiles();
                for (Block block{first * to.tiles(), 0}; block.first < end; block.first += most) {
                  block.count = std::min(most, end - block.first);
                  transform_squares<points, input>(from, x, block, zeros.data(), v);
                  transform_squares<outputs, gradient>(to, g, block, zeros.data(), m);
                  const std::size_t next = block.first + block.count;
                  for (std::size_t p = 0; p < positions; ++p) {
                    from.prefetch(x, {next, std::min(most, end - next)}, p);
                    to.prefetch(g, {next, std::min(most, end - next)}, p);
                    multiply(s.in, s.out, block.count, v.at(p, 0), 1, v.row(), m.at(p, 0), m.row(),
                             true, u.at(p, 0), u.row());
                  }
                }
              });
  transform_kernel_gradient(s, {sums.data(), s.in, s.out}, dw);
}

}  // namespace

void fill(WinogradKernels& k, Set) {
  k.conv2d = conv2d;
  k.conv2d_grad_kernel = conv2d_grad_kernel;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
