// SPDX-License-Identifier: MIT
// Images are rounded once, with zeros around and behind their channels. Then the pixels of neighbouring output
// positions, at one tap, are rows of a left factor just where they lie: a block has up to 32 positions and goes over all
// taps. Without a stride, positions may go on beyond the end of an output row through the padding to the next, so that
// blocks are full where images are small; what is computed between rows is left out.
#include "kernels/half_conv.hpp"

#include "kernels/half_simd.hpp"
#include "kernels/image_groups.hpp"
#include "kernels/parallel.hpp"
#include "kernels/window.hpp"

#include <limits>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

std::size_t halves_of_pixel(std::size_t channels) { return half_steps(channels) * half_depth; }

// Where the taps are in images whose pixels are `pixel` elements apart.
PooledBuffer<std::size_t> tap_places(const ConvSizes& s, std::size_t pixel) {
  PooledBuffer<std::size_t> places{s.rows.window * s.columns.window};
  for (std::size_t t = 0; t < places.size(); ++t)
    places.data()[t] = (t / s.columns.window * s.rows.dilation * s.columns.padded() +
                        t % s.columns.window * s.columns.dilation) *
                       pixel;
  return places;
}

// Images with zeros around, and behind the last one for as many pixels as a block may read beyond it.
PooledBuffer<Half> rounded_images(const ConvSizes& s, const Scalar* x) {
  const Slide &rows = s.rows, &columns = s.columns;
  const std::size_t batch = s.batch, in = s.in;
  const std::size_t pixel = halves_of_pixel(in), row = columns.padded() * pixel,
                    begin = columns.before * pixel, end = begin + columns.size * pixel,
                    image = rows.padded() * row, behind = half_side * columns.stride * pixel;
  PooledBuffer<Half> halves{batch * image + behind};
  std::fill_n(halves.data() + batch * image, behind, Half{0});
  parallel_ranges(batch * rows.padded(), row_grain(row), [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const std::size_t n = i / rows.padded(), y = i % rows.padded() - rows.before;
      Half* const to = halves.data() + i * row;
      const bool inside = y < rows.size;  // below 0 it wraps round to what is larger
      std::fill_n(to, inside ? begin : row, Half{0});
      if (!inside) continue;
      const Scalar* const from = x + (n * rows.size + y) * columns.size * in;
      pack_left(columns.size, in, {from, in}, to + begin, {pixel, half_depth});
      std::fill_n(to + end, row - end, Half{0});
    }
  });
  return halves;
}

// The kernel in panels of 32 channels of the result, each with its steps: taps, and channels of images.
PooledBuffer<HalfPair> rounded_kernel(const ConvSizes& s, const Scalar* kernel) {
  const std::size_t taps = s.rows.window * s.columns.window, tap = half_steps(s.in) * half_step / 2;
  PooledBuffer<HalfPair> pairs{half_sides(s.out) * taps * tap};
  constexpr std::size_t group = half_group * half_side;
  const std::size_t groups = (s.out + group - 1) / group;
  parallel_ranges(taps * groups, row_grain(s.in * std::min(s.out, group)),
                  [&](std::size_t first, std::size_t last) {
                    for (std::size_t i = first; i < last; ++i) {
                      const std::size_t t = i % taps, channel = i / taps * group;
                      pack_right(s.in, std::min(group, s.out - channel),
                                 {kernel + t * s.in * s.out + channel, s.out},
                                 pairs.data() + (channel / half_side * taps + t) * tap, taps * tap);
                    }
                  });
  return pairs;
}

class Forward {
 public:
  Forward(const HalfUnit& unit, const ConvSizes& s, const Scalar* x, const Scalar* kernel,
          const Scalar* bias, Activation activation)
      : unit_{unit},
        shape_{s},
        pixel_{halves_of_pixel(s.in)},
        taps_{tap_places(s, pixel_)},
        images_{rounded_images(s, x)},
        kernel_{rounded_kernel(s, kernel)},
        bias_{bias},
        floor_{activation == Activation::relu ? 0 : -std::numeric_limits<Scalar>::infinity()} {}

  // Computes so many output rows of an image from one on, of which the first `width` pixels are wanted.
  void rows(std::size_t image, std::size_t first, std::size_t count, std::size_t width,
            Scalar* y) const {
    const Slide &down = shape_.rows, &along = shape_.columns;
    const std::size_t pitch = along.padded();
    const Half* const x =
        images_.data() + (image * down.padded() + first * down.stride) * pitch * pixel_;
    const std::size_t all = (count - 1) * pitch + width;
    if (down.stride == 1 && along.stride == 1 && filled(all) <= count * filled(width))
      return positions(x, all, pitch, width, y);
    for (std::size_t i = 0; i < count; ++i)  // each by itself, as there are others between
      positions(x + i * down.stride * pitch * pixel_, width, width, width,
                y + i * width * shape_.out);
  }

 private:
  // As many positions as the unit computes for so many.
  std::size_t filled(std::size_t count) const {
    return (count + unit_.rows - 1) / unit_.rows * unit_.rows;
  }
  // Of so many positions, the first `width` of each `pitch`.
  void positions(const Half* x, std::size_t count, std::size_t pitch, std::size_t width,
                 Scalar* y) const {
    const std::size_t steps = half_steps(shape_.in), panel = taps_.size() * steps * half_step / 2,
                      distance = shape_.columns.stride * pixel_;
    alignas(64) float sums[half_side * half_side];
    for (std::size_t channel = 0; channel < shape_.out; channel += half_side)
      for (std::size_t position = 0; position < count; position += half_side) {
        const std::size_t height = std::min(half_side, count - position),
                          channels = std::min(half_side, shape_.out - channel);
        unit_.multiply({height,
                        channels,
                        x + position * distance,
                        distance,
                        half_depth,
                        {taps_.data(), taps_.size()},
                        steps,
                        kernel_.data() + channel / half_side * panel},
                       sums);
        for (std::size_t i = 0; i < height; ++i) {
          const std::size_t row = (position + i) / pitch, column = (position + i) % pitch;
          if (column < width)
            finish(sums + i * half_side, channel, channels,
                   y + (row * width + column) * shape_.out + channel);
        }
      }
  }

  void finish(const float* sums, std::size_t channel, std::size_t channels, Scalar* y) const {
    for (std::size_t c = 0; c < channels; ++c) {
      const Scalar sum = sums[c] + (bias_ == nullptr ? 0 : bias_[channel + c]);
      y[c] = floor_ > sum ? floor_ : sum;  // a NaN stays
    }
  }

  const HalfUnit& unit_;
  const ConvSizes& shape_;
  std::size_t pixel_;
  PooledBuffer<std::size_t> taps_;
  PooledBuffer<Half> images_;
  PooledBuffer<HalfPair> kernel_;
  const Scalar* bias_;
  Scalar floor_;  // what smaller sums become
};

// Calls compute(slice, image, first row, rows) for all rows of the results, `height` per image, each made of `step`
// output rows: for so many at a time that what is read and written stays in the second-level cache.
template <class Compute>
void for_each_rows(const HalfUnit& unit, const ConvSizes& s, std::size_t height, std::size_t step,
                   std::size_t grain, std::size_t most, Compute compute) {
  parallel_ranges(s.batch * height, grain, [&](std::size_t begin, std::size_t end) {
    const HalfAtWork work{unit};
    for (std::size_t row = begin; row < end;) {
      const std::size_t count = std::min({most, end - row, height - row % height});
      compute(begin / grain, row / height, row % height * step, count);
      row += count;
    }
  });
}

// Rows of the results at a time, each of `step` output rows.
std::size_t rows_at_a_time(const ConvSizes& s, std::size_t step) {
  constexpr std::size_t positions = 512;
  return std::max<std::size_t>(1, positions / (s.columns.padded() * step + 1));
}

// And per slice.
std::size_t rows_per_slice(const HalfUnit& unit, const ConvSizes& s, std::size_t rows,
                           std::size_t step) {
  const std::size_t products =
      step * s.columns.count * s.out * s.rows.window * s.columns.window * s.in;
  return slice_grain(rows, products / unit.speedup);
}

void conv2d(const HalfUnit& unit, const ConvSizes& s, const Scalar* x, const Scalar* kernel,
            const Scalar* bias, Activation activation, Scalar* y) {
  const Forward f{unit, s, x, kernel, bias, activation};
  const std::size_t width = s.columns.count;
  for_each_rows(unit, s, s.rows.count, 1, rows_per_slice(unit, s, s.batch * s.rows.count, 1),
                rows_at_a_time(s, 1),
                [&](std::size_t, std::size_t image, std::size_t row, std::size_t count) {
                  f.rows(image, row, count, width,
                         y + (image * s.rows.count + row) * width * s.out);
                });
}

void conv2d_max_pool(const HalfUnit& unit, const ConvSizes& s, const PoolSizes& p, const Scalar* x,
                     const Scalar* kernel, const Scalar* bias, Activation activation, Scalar* y,
                     std::uint8_t* position) {
  const Forward f{unit, s, x, kernel, bias, activation};
  const std::size_t step = p.rows.window, width = p.columns.count * p.columns.window,
                    grain = rows_per_slice(unit, s, s.batch * p.rows.count, step),
                    most = rows_at_a_time(s, step), size = step * width * s.out,
                    row_size = p.columns.count * s.out;
  PooledBuffer<Scalar> rows{(s.batch * p.rows.count + grain - 1) / grain * most * size};
  for_each_rows(unit, s, p.rows.count, step, grain, most,
                [&](std::size_t slice, std::size_t image, std::size_t row, std::size_t count) {
                  Scalar* const from = rows.data() + slice * most * size;
                  f.rows(image, row, count * step, width, from);
                  const std::size_t first = (image * p.rows.count + row / step) * row_size;
                  for (std::size_t i = 0; i < count; ++i)
                    pool_row(step, p.columns.window, p.columns.count, s.out, from + i * size,
                             y + first + i * row_size, position + first + i * row_size);
                });
}

}  // namespace

void fill(HalfConvKernels& k, Set) {
  k.conv2d = conv2d;
  k.conv2d_max_pool = conv2d_max_pool;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
