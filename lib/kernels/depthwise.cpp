// SPDX-License-Identifier: MIT
#include "kernels/depthwise.hpp"

#include "kernels/image_groups.hpp"
#include "kernels/tile.hpp"

#include <limits>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// So many pixels side by side share what they read of the kernel.
constexpr std::size_t side_by_side = 4;

// What a pixel needs to know of the whole.
struct Whole {
  const DepthwiseSizes& sizes;
  const Scalar* kernel;
  const Scalar* bias;
  Vec floor;  // what smaller sums become
};

// `Pixels` neighbours of row i, from column j on, for all channels. `x` is an image.
template <std::size_t Pixels>
void make_pixels(const Whole& whole, const Scalar* x, std::size_t i, std::size_t j, Scalar* y) {
  const DepthwiseSizes& s = whole.sizes;
  const Terms<std::size_t> rows = s.rows[i], columns = s.columns[j];
  for_each_vector(s.channels, [&](std::size_t c, auto part) {
    const Vec start = whole.bias == nullptr ? Vec{} : load(whole.bias + c, part);
    Vec sum[Pixels];
    XTAPE_UNROLL
    for (std::size_t p = 0; p < Pixels; ++p) sum[p] = start;
    for (const auto& [row, a] : rows)
      for (const auto& [column, b] : columns) {
        const Vec tap = load(whole.kernel + (a * s.window + b) * s.channels + c, part);
        const Scalar* const from = x + (row * s.width + column) * s.channels + c;
        XTAPE_UNROLL
        for (std::size_t p = 0; p < Pixels; ++p)
          sum[p] += load(from + p * s.stride * s.channels, part) * tap;
      }
    XTAPE_UNROLL
    for (std::size_t p = 0; p < Pixels; ++p)
      store(y + (j + p) * s.channels + c, at_least(whole.floor, sum[p]), part);
  });
}

// Whether the terms of two columns have the same taps, and lie so far apart.
bool alike(const Terms<std::size_t>& a, const Terms<std::size_t>& b, std::size_t apart) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a.first[i].factor != b.first[i].factor || a.first[i].at + apart != b.first[i].at)
      return false;
  return true;
}

void depthwise(const DepthwiseSizes& s, const Scalar* x, const Scalar* kernel, const Scalar* bias,
               Activation activation, Scalar* y) {
  const Scalar floor =
      activation == Activation::relu ? 0 : -std::numeric_limits<Scalar>::infinity();
  const Whole whole{s, kernel, bias, splat(floor)};
  const std::size_t height = s.rows.count, width = s.columns.count;
  const std::size_t taps = height == 0 || width == 0 ? 0 : s.rows[height / 2].size() * s.window;
  const auto joins = [&](std::size_t j) {
    if (j + side_by_side > width) return false;
    for (std::size_t p = 1; p < side_by_side; ++p)
      if (!alike(s.columns[j], s.columns[j + p], p * s.stride)) return false;
    return true;
  };
  const std::size_t grain = slice_grain(s.batch * height, width * s.channels * (taps + 1));
  parallel_ranges(s.batch * height, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      const Scalar* const image = x + row / height * s.height * s.width * s.channels;
      Scalar* const to = y + row * width * s.channels;
      for (std::size_t j = 0; j < width;) {
        const bool several = joins(j);
        (several ? make_pixels<side_by_side> : make_pixels<1>)(whole, image, row % height, j, to);
        j += several ? side_by_side : 1;
      }
    }
  });
}

// The windows of which a tap lies in the image: [begin, end).
struct Inside {
  std::size_t begin, end;
  Inside(const Slide& s, std::size_t tap) {
    const std::size_t from = tap * s.dilation;
    begin = from >= s.before ? 0 : (s.before - from + s.stride - 1) / s.stride;
    const std::size_t last = s.before + s.size;  // behind the image, in what is padded
    end = from >= last ? 0 : (last - from + s.stride - 1) / s.stride;
    if (end > s.count) end = s.count;
    if (begin > end) begin = end;
  }
};

// The sum of a[i] * b[i] over pixels that are `a_pixel` and `b_pixel` apart.
template <class Part>
[[gnu::always_inline]] inline Vec sum_of_products(const Scalar* a, std::size_t a_pixel,
                                                  const Scalar* b, std::size_t b_pixel,
                                                  std::size_t count, Part part) {
  constexpr std::size_t chains = 4;  // of additions that need not wait for each other
  Vec sum[chains] = {};
  std::size_t i = 0;
  for (; i + chains <= count; i += chains) {
    XTAPE_UNROLL
    for (std::size_t k = 0; k < chains; ++k)
      sum[k] += load(a + (i + k) * a_pixel, part) * load(b + (i + k) * b_pixel, part);
  }
  for (; i < count; ++i) sum[0] += load(a + i * a_pixel, part) * load(b + i * b_pixel, part);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

void depthwise_grad_kernel(const ConvSizes& s, std::size_t channels, const Scalar* x,
                           const Scalar* g, Scalar* dk) {
  const Slide &rows = s.rows, &columns = s.columns;
  const std::size_t size = rows.window * columns.window * channels;
  const double products = static_cast<double>(size) *
                          static_cast<double>(rows.count * columns.count) *
                          static_cast<double>(s.batch);
  over_images(
      s.batch, size, products, dk, 0,
      [&](std::size_t first, std::size_t last, Scalar*, Scalar* sums) {
        for (std::size_t i = first * rows.count; i < last * rows.count; ++i)
          for (std::size_t a = 0; a < rows.window; ++a) {
            const std::size_t image = i / rows.count, top = i % rows.count;
            const Inside vertical{rows, a};
            if (top < vertical.begin || top >= vertical.end) continue;
            const std::size_t row = top * rows.stride + a * rows.dilation - rows.before;
            const Scalar* const from = x + (image * rows.size + row) * columns.size * channels;
            for (std::size_t b = 0; b < columns.window; ++b) {
              const Inside along{columns, b};
              if (along.begin == along.end) continue;
              const std::size_t left =
                  along.begin * columns.stride + b * columns.dilation - columns.before;
              const Scalar* const gradient = g + (i * columns.count + along.begin) * channels;
              Scalar* const to = sums + (a * columns.window + b) * channels;
              for_each_vector(channels, [&](std::size_t c, auto part) {
                const Vec sum =
                    sum_of_products(from + left * channels + c, columns.stride * channels,
                                    gradient + c, channels, along.end - along.begin, part);
                store(to + c, load(to + c, part) + sum, part);
              });
            }
          }
      });
}

}  // namespace

void fill(DepthwiseKernels& k, Set) {
  k.depthwise = depthwise;
  k.depthwise_grad_kernel = depthwise_grad_kernel;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
