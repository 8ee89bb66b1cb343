// SPDX-License-Identifier: MIT
#include "kernels/conv.hpp"

#include "kernels/narrow_conv.hpp"
#include "kernels/parallel.hpp"
#include "kernels/tile.hpp"
#include "kernels/window.hpp"
#include <xtape/memory.hpp>

#include <algorithm>
#include <limits>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// Vectors of channels in a tile. Wide tiles would read more of the kernel per product, and a kernel of
// many channels does not fit into the first-level cache.
constexpr std::size_t channel_vectors = 2;

// The kernel as the tiles read it: taps x out channels, the channels padded to whole vectors by zeros.
class PackedKernel {
 public:
  PackedKernel(const Scalar* kernel, std::size_t taps, std::size_t out)
      : stride_{vectors_of(out) * lanes}, padded_{stride_ == out ? 0 : taps * stride_} {
    data_ = kernel;
    if (stride_ == out) return;
    for (std::size_t t = 0; t < taps; ++t) {
      Scalar* const row = padded_.data() + t * stride_;
      std::copy(kernel + t * out, kernel + (t + 1) * out, row);
      std::fill(row + out, row + stride_, Scalar{0});
    }
    data_ = padded_.data();
  }
  const Scalar* data() const { return data_; }
  std::size_t stride() const { return stride_; }

 private:
  std::size_t stride_;
  PooledBuffer<Scalar> padded_;
  const Scalar* data_;
};

// How a row of pixels is cut, for one vector of channels and for two.
class PixelTiles {
 public:
  explicit PixelTiles(std::size_t width) : tiles_{{width, tile_rows(1)}, {width, tile_rows(2)}} {}
  const RowTiles& of(std::size_t vectors) const { return tiles_[vectors - 1]; }

 private:
  RowTiles tiles_[channel_vectors];
};

// What a tile needs to know of the whole.
struct Forward {
  const ConvSizes& shape;
  const Scalar* kernel;  // taps x stride
  std::size_t stride;
  const Scalar* bias;
  Vec floor;            // what smaller sums become
  std::size_t tap_row;  // from tap to tap in a column of the kernel
};

// `Pixels` neighbours of an output row times `Vectors` vectors of channels from `channel`.
struct Tile {
  template <std::size_t Pixels, std::size_t Vectors>
  static void run(const Forward& f, const Scalar* x, std::size_t channel, Scalar* y) {
    const ConvSizes& s = f.shape;
    const std::size_t out = s.out, in = s.in, pixel = s.columns.stride * in,
                      tap = s.columns.dilation * in;
    const Lanes last{out - channel - (Vectors - 1) * lanes};
    Vec sum[Pixels][Vectors];
    XTAPE_UNROLL
    for (std::size_t v = 0; v < Vectors; ++v) {
      const Vec start = f.bias == nullptr ? Vec{}
                        : v + 1 < Vectors ? load(f.bias + channel + v * lanes)
                                          : load(f.bias + channel + v * lanes, last);
      XTAPE_UNROLL
      for (std::size_t p = 0; p < Pixels; ++p) sum[p][v] = start;
    }
    const Scalar* kernel = f.kernel + channel;
    for (std::size_t i = 0; i < s.rows.window; ++i) {
      const Scalar* from = x + i * f.tap_row;
      if (in == 1 && pixel == 1)  // the taps are the depth, and pixels are neighbours in memory
        multiply_add(sum, from, 1, tap, kernel, f.stride, s.columns.window);
      else
        for (std::size_t j = 0; j < s.columns.window; ++j)
          multiply_add(sum, from + j * tap, pixel, 1, kernel + j * in * f.stride, f.stride, in);
      kernel += s.columns.window * in * f.stride;
    }
    XTAPE_UNROLL
    for (std::size_t p = 0; p < Pixels; ++p, y += out) {
      XTAPE_UNROLL
      for (std::size_t v = 0; v < Vectors; ++v) sum[p][v] = at_least(f.floor, sum[p][v]);
      XTAPE_UNROLL
      for (std::size_t v = 0; v + 1 < Vectors; ++v) store(y + v * lanes, sum[p][v]);
      store(y + (Vectors - 1) * lanes, sum[p][Vectors - 1], last);
    }
  }
};

// Computes rows of the result, by vectors of channels.
class TiledRows {
 public:
  TiledRows(const ConvSizes& s, const Scalar* kernel, const Scalar* bias, Vec floor,
            std::size_t width)
      : kernel_{kernel, s.rows.window * s.columns.window * s.in, s.out},
        whole_{s,    kernel_.data(), kernel_.stride(),
               bias, floor,          s.rows.dilation * s.columns.padded() * s.in},
        pixels_{width} {}

  // The row whose windows begin at x.
  void operator()(const Scalar* x, Scalar* y) const {
    const ConvSizes& s = whole_.shape;
    for (std::size_t channel = 0; channel < s.out; channel += channel_vectors * lanes) {
      const std::size_t vectors = std::min(channel_vectors, vectors_of(s.out - channel));
      const RowTiles& tiles = pixels_.of(vectors);
      for (std::size_t t = 0; t < tiles.size(); ++t)
        Tiles<Tile>::of(tiles.height(t), vectors)(whole_,
                                                  x + tiles.begin(t) * s.columns.stride * s.in,
                                                  channel, y + tiles.begin(t) * s.out + channel);
    }
  }

 private:
  PackedKernel kernel_;
  Forward whole_;
  PixelTiles pixels_;
};

// Calls finish(row, rows) for each row of the result, `height` per image, with the `step` output rows, of
// `width` pixels, that it is made of. They are computed into what place(slice, row) returns.
template <class Place, class Finish>
void for_each_row(const ConvSizes& s, const Scalar* x, const Scalar* kernel, const Scalar* bias,
                  Activation activation, std::size_t height, std::size_t step, std::size_t width,
                  std::size_t grain, Place place, Finish finish) {
  const Vec floor =
      splat(activation == Activation::relu ? 0 : -std::numeric_limits<Scalar>::infinity());
  const std::size_t x_row = s.columns.padded() * s.in, image = s.rows.padded() * x_row;
  const auto with = [&](const auto& output_row) {
    parallel_ranges(s.batch * height, grain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        Scalar* const to = place(begin / grain, row);
        for (std::size_t i = 0; i < step; ++i) {
          const std::size_t top = (row % height * step + i) * s.rows.stride;
          output_row(x + row / height * image + top * x_row, to + i * width * s.out);
        }
        finish(row, to);
      }
    });
  };
  if (is_narrow(s, width))
    with(NarrowRows{s, kernel, bias, floor, width});
  else
    with(TiledRows{s, kernel, bias, floor, width});
}

// Rows of the result per slice, each of `step` output rows.
std::size_t row_grain(const ConvSizes& s, std::size_t rows, std::size_t step) {
  return slice_grain(rows,
                     step * s.columns.count * s.out * s.rows.window * s.columns.window * s.in);
}

void conv2d(const ConvSizes& s, const Scalar* x, const Scalar* kernel, const Scalar* bias,
            Activation activation, Scalar* y) {
  const std::size_t row_size = s.columns.count * s.out;
  for_each_row(
      s, x, kernel, bias, activation, s.rows.count, 1, s.columns.count,
      row_grain(s, s.batch * s.rows.count, 1),
      [=](std::size_t, std::size_t row) { return y + row * row_size; },
      [](std::size_t, const Scalar*) {});
}

void conv2d_max_pool(const ConvSizes& s, const PoolSizes& p, const Scalar* x, const Scalar* kernel,
                     const Scalar* bias, Activation activation, Scalar* y, std::uint8_t* position) {
  const std::size_t width = p.columns.count * p.columns.window,
                    grain = row_grain(s, s.batch * p.rows.count, p.rows.window);
  const std::size_t size = p.rows.window * width * s.out, row_size = p.columns.count * s.out;
  // For all slices at once: what is asked for does not depend on how many run side by side.
  PooledBuffer<Scalar> rows{(s.batch * p.rows.count + grain - 1) / grain * size};
  for_each_row(
      s, x, kernel, bias, activation, p.rows.count, p.rows.window, width, grain,
      [&](std::size_t slice, std::size_t) { return rows.data() + slice * size; },
      [&](std::size_t row, const Scalar* from) {
        pool_row(p.rows.window, p.columns.window, p.columns.count, s.out, from, y + row * row_size,
                 position + row * row_size);
      });
}

}  // namespace

void fill(ConvKernels& k, Set) {
  k.conv2d = conv2d;
  k.conv2d_max_pool = conv2d_max_pool;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
