// SPDX-License-Identifier: MIT
#include "kernels/conv.hpp"

#include "kernels/parallel.hpp"
#include "kernels/tile.hpp"
#include <xtape/memory.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// The kernel as the tiles read it: taps x out channels, the channels padded to whole vectors by zeros.
class PackedKernel {
 public:
  PackedKernel(const Scalar* kernel, std::size_t taps, std::size_t out)
      : stride_{(out + lanes - 1) / lanes * lanes}, padded_{stride_ == out ? 0 : taps * stride_} {
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

// What a tile needs to know of the whole.
struct Forward {
  const Conv2D& shape;
  const Scalar* kernel;  // taps x stride
  std::size_t stride;
  const Scalar* bias;
  bool relu;
};

// `Pixels` neighbours of an output row times `Vectors` vectors of channels from `channel`.
struct Tile {
  template <std::size_t Pixels, std::size_t Vectors>
  static void run(const Forward& f, const Scalar* x, std::size_t channel, Scalar* y) {
    const Conv2D& s = f.shape;
    const std::size_t left = s.out - channel;
    Vec sum[Pixels][Vectors];
    for (std::size_t v = 0; v < Vectors; ++v) {
      const std::size_t at = v * lanes;
      const Vec start = f.bias == nullptr ? Vec{} : load_part(f.bias + channel + at, left - at);
      for (std::size_t p = 0; p < Pixels; ++p) sum[p][v] = start;
    }
    const Scalar* kernel = f.kernel + channel;
    for (std::size_t i = 0; i < s.kernel_h; ++i)
      for (std::size_t j = 0; j < s.kernel_w; ++j, kernel += s.in * f.stride)
        multiply_add(sum, x + (i * s.dilation_h * s.width + j * s.dilation_w) * s.in,
                     s.stride_w * s.in, 1, kernel, f.stride, s.in);
    for (std::size_t p = 0; p < Pixels; ++p)
      for (std::size_t v = 0; v < Vectors; ++v) {
        const Vec result = f.relu ? (sum[p][v] < Scalar{0} ? Vec{} : sum[p][v]) : sum[p][v];
        store_part(y + p * s.out + v * lanes, result, left - v * lanes);
      }
  }
};

// One output row: cut into tiles of nearly equal width.
void output_row(const Forward& f, const Scalar* x, Scalar* y) {
  static constexpr auto tiles = make_tiles<Tile>();
  const Conv2D& s = f.shape;
  const std::size_t blocks = (s.out_w + tile_rows - 1) / tile_rows;
  for (std::size_t channel = 0; channel < s.out; channel += tile_columns) {
    const auto& row_tiles = tiles[s.out - channel > lanes ? 1 : 0];
    for (std::size_t b = 0; b < blocks; ++b) {
      const std::size_t begin = b * s.out_w / blocks, end = (b + 1) * s.out_w / blocks;
      row_tiles[end - begin - 1](f, x + begin * s.stride_w * s.in, channel,
                                 y + begin * s.out + channel);
    }
  }
}

void conv2d(const Conv2D& s, const Scalar* x, const Scalar* kernel, const Scalar* bias,
            Activation activation, Scalar* y) {
  const PackedKernel packed{kernel, s.kernel_h * s.kernel_w * s.in, s.out};
  const Forward f{s, packed.data(), packed.stride(), bias, activation == Activation::relu};
  // Slices of rows that cost about a hundred thousand multiplications.
  const std::size_t row_cost = s.out_w * s.out * s.kernel_h * s.kernel_w * s.in + 1;
  const std::size_t grain = std::max<std::size_t>(1, 400'000 / row_cost);
  parallel_ranges(s.batch * s.out_h, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      const std::size_t image = row / s.out_h, top = row % s.out_h * s.stride_h;
      output_row(f, x + (image * s.height + top) * s.width * s.in, y + row * s.out_w * s.out);
    }
  });
}

// The gradient of a tile of the kernel, `Rows` (tap, in channel) pairs times `Vectors` vectors of out
// channels, summed over some images. offset[r] is where row r's input lies relative to a pixel's.
struct GradTile {
  template <std::size_t Rows, std::size_t Vectors>
  static void run(const Conv2D& s, const Scalar* x, const Scalar* g, std::size_t images,
                  const std::size_t* offset, std::size_t valid, Scalar* dk) {
    Vec sum[Rows][Vectors] = {};
    for (std::size_t row = 0; row < images * s.out_h; ++row) {
      const std::size_t image = row / s.out_h, top = row % s.out_h * s.stride_h;
      const Scalar* from = x + (image * s.height + top) * s.width * s.in;
      const Scalar* gradient = g + row * s.out_w * s.out;
      for (std::size_t ox = 0; ox < s.out_w; ++ox, from += s.stride_w * s.in, gradient += s.out) {
        Vec right[Vectors];
        for (std::size_t v = 0; v < Vectors; ++v)
          right[v] = load_part(gradient + v * lanes, valid - v * lanes);
        for (std::size_t r = 0; r < Rows; ++r)
          for (std::size_t v = 0; v < Vectors; ++v) sum[r][v] += from[offset[r]] * right[v];
      }
    }
    for (std::size_t r = 0; r < Rows; ++r)
      for (std::size_t v = 0; v < Vectors; ++v)
        store_part(dk + r * s.out + v * lanes, sum[r][v], valid - v * lanes);
  }
};

void conv2d_grad_kernel(const Conv2D& s, const Scalar* x, const Scalar* g, Scalar* dk) {
  static constexpr auto tiles = make_tiles<GradTile>();
  const std::size_t rows = s.kernel_h * s.kernel_w * s.in;
  if (rows * s.out == 0) return;
  const std::size_t row_tiles = (rows + tile_rows - 1) / tile_rows;
  const std::size_t column_tiles = (s.out + tile_columns - 1) / tile_columns;
  const std::size_t kernel_tiles = row_tiles * column_tiles;
  // A small kernel has few tiles: then the images are divided, too, and the parts added in order.
  const std::size_t groups =
      std::clamp<std::size_t>(16 / kernel_tiles, 1, std::max<std::size_t>(s.batch, 1));
  PooledBuffer<Scalar> parts{groups == 1 ? 0 : groups * rows * s.out};
  parallel(groups * kernel_tiles, [&, rows](std::size_t slice) {
    const std::size_t group = slice / kernel_tiles, t = slice % kernel_tiles;
    const std::size_t first = group * s.batch / groups, last = (group + 1) * s.batch / groups;
    const std::size_t begin = t / column_tiles * rows / row_tiles;
    const std::size_t end = (t / column_tiles + 1) * rows / row_tiles;
    const std::size_t channel = t % column_tiles * tile_columns;
    std::size_t offset[tile_rows];
    for (std::size_t r = begin; r < end; ++r) {
      const std::size_t tap = r / s.in, i = tap / s.kernel_w, j = tap % s.kernel_w;
      offset[r - begin] = (i * s.dilation_h * s.width + j * s.dilation_w) * s.in + r % s.in;
    }
    Scalar* const to = (groups == 1 ? dk : parts.data() + group * rows * s.out);
    const std::size_t valid = std::min(tile_columns, s.out - channel);
    tiles[valid > lanes ? 1 : 0][end - begin - 1](
        s, x + first * s.height * s.width * s.in, g + first * s.out_h * s.out_w * s.out + channel,
        last - first, offset, valid, to + begin * s.out + channel);
  });
  if (groups == 1) return;
  std::fill(dk, dk + rows * s.out, Scalar{0});
  for (std::size_t group = 0; group < groups; ++group)
    for (std::size_t i = 0; i < rows * s.out; ++i) dk[i] += parts.data()[group * rows * s.out + i];
}

}  // namespace

void fill(ConvKernels& k) {
  k.conv2d = conv2d;
  k.conv2d_grad_kernel = conv2d_grad_kernel;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
