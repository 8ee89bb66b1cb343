// SPDX-License-Identifier: MIT
// The gradient of a convolution's kernel: a product of matrices whose inner size is the pixels of all
// images. It is computed by bands of output rows that stay in the cache for all tiles of the result.
#include "kernels/conv.hpp"

#include "kernels/gradient_rows.hpp"
#include "kernels/image_groups.hpp"
#include "kernels/narrow_grad_kernel.hpp"
#include "kernels/tile.hpp"
#include "kernels/window.hpp"
#include <xtape/memory.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// sum[r][v] += x[offset(r)] * g[v] over the pixels of a row. There is no masked load in this loop: g++
// keeps the sums in memory for it.
template <std::size_t Rows, std::size_t Vectors, class Offset>
[[gnu::always_inline]] inline void add_row(Vec (&sum)[Rows][Vectors], const Scalar* x,
                                           std::size_t x_pixel, const Scalar* g,
                                           std::size_t g_pixel, std::size_t width, Offset offset) {
  for (std::size_t i = 0; i < width; ++i, x += x_pixel, g += g_pixel) {
    Vec right[Vectors];
    XTAPE_UNROLL
    for (std::size_t v = 0; v < Vectors; ++v) right[v] = load(g + v * lanes);
    XTAPE_UNROLL
    for (std::size_t r = 0; r < Rows; ++r) {
      XTAPE_UNROLL
      for (std::size_t v = 0; v < Vectors; ++v) sum[r][v] += x[offset.of(r)] * right[v];
    }
  }
}

// Where row r of a tile lies relative to a pixel's input: r elements away, or as a table says.
struct Neighbours {
  [[gnu::always_inline]] static std::size_t of(std::size_t r) { return r; }
};
struct Listed {
  const std::size_t* offset;
  [[gnu::always_inline]] std::size_t of(std::size_t r) const { return offset[r]; }
};

// Adds a band's share to a tile of the gradient: `Rows` rows times `Vectors` vectors of out channels.
struct GradientTile {
  template <std::size_t Rows, std::size_t Vectors>
  static void run(const ConvSizes& s, const GradientRows& band, const Scalar* x,
                  const std::size_t* offset, const Scalar* g, std::size_t channels, Scalar* dk) {
    const Lanes last{channels - (Vectors - 1) * lanes};
    const std::size_t out = s.out, pixel = s.columns.stride * s.in,
                      row = s.rows.stride * s.columns.padded() * s.in;
    Vec sum[Rows][Vectors] = {};
    for (std::size_t i = 0; i < band.rows; ++i, x += row, g += band.g_row)
      if (offset == nullptr)
        add_row(sum, x, pixel, g, band.g_pixel, band.width, Neighbours{});
      else
        add_row(sum, x, pixel, g, band.g_pixel, band.width, Listed{offset});
    XTAPE_UNROLL
    for (std::size_t r = 0; r < Rows; ++r, dk += out) {
      XTAPE_UNROLL
      for (std::size_t v = 0; v + 1 < Vectors; ++v)
        store(dk + v * lanes, sum[r][v] + load(dk + v * lanes));
      Scalar* const end = dk + (Vectors - 1) * lanes;
      store(end, sum[r][Vectors - 1] + load(end, last), last);
    }
  }
};

// Where the rows of the gradient, pairs of tap and input channel, lie relative to a pixel's input.
class Rows {
 public:
  explicit Rows(const ConvSizes& s)
      : count_{s.rows.window * s.columns.window * s.in},
        offset_{count_},
        joined_{s.columns.window * s.in} {
    for (std::size_t r = 0; r < count_; ++r) {
      const std::size_t tap = r / s.in, i = tap / s.columns.window, j = tap % s.columns.window;
      offset_.data()[r] =
          (i * s.rows.dilation * s.columns.padded() + j * s.columns.dilation) * s.in + r % s.in;
    }
    // The taps of a row of the kernel and their channels are neighbours in memory. Where those are
    // too few for a tile, a tile takes them from several rows, by the table.
    contiguous_ = s.columns.dilation == 1 && joined_ >= 8;
    if (!contiguous_) joined_ = count_;
  }
  // Calls f(first row, number of rows, offset of the first, table of the offsets or null).
  template <class F>
  void for_each_tile(std::size_t most, F f) const {
    const RowTiles tiles{joined_, most};
    for (std::size_t group = 0; group < count_; group += joined_)
      for (std::size_t t = 0; t < tiles.size(); ++t) {
        const std::size_t begin = group + tiles.begin(t);
        const std::size_t* const table = offset_.data() + begin;
        if (contiguous_)
          f(begin, tiles.height(t), *table, nullptr);
        else
          f(begin, tiles.height(t), 0, table);
      }
  }

 private:
  std::size_t count_;
  PooledBuffer<std::size_t> offset_;
  std::size_t joined_;
  bool contiguous_;
};

// The sums are the gradient, in vectors of channels.
class TiledSums {
 public:
  explicit TiledSums(const ConvSizes& s) : sizes_{s}, rows_{s} {}

  std::size_t size() const {
    return sizes_.rows.window * sizes_.columns.window * sizes_.in * sizes_.out;
  }
  // How many scalars of a gradient a pixel has.
  std::size_t pixel() const { return vectors_of(sizes_.out) * lanes; }
  void add(const GradientRows& band, Scalar* dk) const {
    for (std::size_t channel = 0; channel < sizes_.out; channel += tile_columns) {
      const std::size_t channels = std::min(tile_columns, sizes_.out - channel);
      const std::size_t vectors = vectors_of(channels);
      rows_.for_each_tile(tile_rows(vectors), [&](std::size_t first, std::size_t count,
                                                  std::size_t offset, const std::size_t* table) {
        Tiles<GradientTile>::of(count, vectors)(sizes_, band, band.x + offset, table,
                                                band.g + channel, channels,
                                                dk + first * sizes_.out + channel);
      });
    }
  }

 private:
  const ConvSizes& sizes_;
  Rows rows_;
};

// Calls f(the sums that suit rows of so many pixels, where they are), and makes the gradient of them.
template <class F>
void with_sums(const ConvSizes& s, std::size_t width, Scalar* dk, F f) {
  if (!is_narrow(s, width)) return f(TiledSums{s}, dk);
  const NarrowSums narrow{s};
  PooledBuffer<Scalar> sums{narrow.size()};
  f(narrow, sums.data());
  narrow.fold(sums.data(), dk);
}

// Calls add(first image, last image, scratch, sums) for groups of images.
template <class Add>
void for_each_group(const ConvSizes& s, std::size_t size, Scalar* sums, std::size_t scratch_size,
                    Add add) {
  const double products = static_cast<double>(s.rows.window * s.columns.window * s.in * s.out) *
                          static_cast<double>(s.rows.count * s.columns.count) *
                          static_cast<double>(s.batch);
  over_images(s.batch, size, products, sums, scratch_size, add);
}

// Output rows whose gradient fits into the first-level cache with some of the input.
std::size_t band_rows(std::size_t row_elements) {
  return std::max<std::size_t>(1, 8192 / (row_elements + 1));
}

// Copies pixels to where they have `pixel` elements each.
void spread_pixels(std::size_t pixels, std::size_t channels, const Scalar* from, Scalar* to,
                   std::size_t pixel) {
  for (std::size_t i = 0; i < pixels; ++i)
    for_each_vector(channels, [&](std::size_t c, auto part) {
      store(to + i * pixel + c, load(from + i * channels + c, part));
    });
}

void conv2d_grad_kernel(const ConvSizes& s, const Scalar* x, const Scalar* g, Scalar* dk) {
  with_sums(s, s.columns.count, dk, [&](const auto& way, Scalar* sums) {
    const std::size_t pixel = way.pixel(), row = s.columns.count * pixel, band = band_rows(row);
    for_each_group(
        s, way.size(), sums, pixel == s.out ? 0 : band * row,
        [&](std::size_t first, std::size_t last, Scalar* whole, Scalar* part) {
          for (std::size_t image = first; image < last; ++image)
            for (std::size_t top = 0; top < s.rows.count; top += band) {
              const std::size_t height = std::min(band, s.rows.count - top);
              const Scalar* from = g + (image * s.rows.count + top) * s.columns.count * s.out;
              if (pixel != s.out) {
                spread_pixels(height * s.columns.count, s.out, from, whole, pixel);
                from = whole;
              }
              way.add(
                  {x + (image * s.rows.padded() + top * s.rows.stride) * s.columns.padded() * s.in,
                   from, height, s.columns.count, row, pixel},
                  part);
            }
        });
  });
}

void conv2d_max_pool_grad_kernel(const ConvSizes& s, const PoolSizes& p, const Scalar* x,
                                 const std::uint8_t* position, const Scalar* g, Scalar* dk) {
  const std::size_t width = p.columns.count * p.columns.window;
  with_sums(s, width, dk, [&](const auto& way, Scalar* sums) {
    const std::size_t pixel = way.pixel(), row = width * pixel,
                      band = band_rows(p.rows.window * row);
    for_each_group(
        s, way.size(), sums, band * p.rows.window * row,
        [&](std::size_t first, std::size_t last, Scalar* unpooled, Scalar* part) {
          for (std::size_t image = first; image < last; ++image)
            for (std::size_t top = 0; top < p.rows.count; top += band) {
              const std::size_t height = std::min(band, p.rows.count - top);
              for (std::size_t i = 0; i < height; ++i) {
                const std::size_t at = (image * p.rows.count + top + i) * p.columns.count * s.out;
                unpool_row(p.rows.window, p.columns.window, p.columns.count, s.out, position + at,
                           g + at, unpooled + i * p.rows.window * row, row, pixel);
              }
              way.add({x + (image * s.rows.padded() + top * p.rows.window * s.rows.stride) *
                               s.columns.padded() * s.in,
                       unpooled, height * p.rows.window, width, row, pixel},
                      part);
            }
        });
  });
}

}  // namespace

void fill(ConvGradKernels& k, Set) {
  k.conv2d_grad_kernel = conv2d_grad_kernel;
  k.conv2d_max_pool_grad_kernel = conv2d_max_pool_grad_kernel;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
