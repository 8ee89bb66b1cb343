// SPDX-License-Identifier: MIT
#include "kernels/pool.hpp"

#include "kernels/parallel.hpp"
#include "kernels/wide.hpp"
#include "kernels/window.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

// The part of an output pixel's window that lies in the image.
struct Window {
  std::size_t top, bottom, left, right;    // in the image
  std::ptrdiff_t first_row, first_column;  // of the whole window, maybe outside

  Window(const PoolSizes& s, std::size_t oy, std::size_t ox)
      : first_row{s.rows.first(oy)}, first_column{s.columns.first(ox)} {
    clip(s.rows, first_row, top, bottom);
    clip(s.columns, first_column, left, right);
  }
  std::size_t size() const { return (bottom - top) * (right - left); }
  // Calls f(row, column, position in the whole window) for each element in the image.
  template <class F>
  void for_each(std::size_t window_w, F f) const {
    for (std::size_t row = top; row < bottom; ++row)
      for (std::size_t column = left; column < right; ++column)
        f(row, column,
          static_cast<std::size_t>(static_cast<std::ptrdiff_t>(row) - first_row) * window_w +
              static_cast<std::size_t>(static_cast<std::ptrdiff_t>(column) - first_column));
  }

 private:
  static void clip(const Slide& s, std::ptrdiff_t first, std::size_t& begin, std::size_t& end) {
    begin = first < 0 ? 0 : static_cast<std::size_t>(first);
    end = static_cast<std::size_t>(first + static_cast<std::ptrdiff_t>(s.window));
    if (end > s.size) end = s.size;
  }
};

// Calls f(image, window, output pixel) for each output pixel, an image or some rows of it per slice.
template <class F>
void for_each_window(const PoolSizes& s, bool whole_images, F f) {
  const std::size_t row_cost = s.columns.count * s.channels * s.rows.window * s.columns.window + 1;
  const std::size_t rows = std::max<std::size_t>(1, 200'000 / row_cost);
  const std::size_t grain =
      whole_images ? (rows + s.rows.count - 1) / s.rows.count * s.rows.count : rows;
  parallel_ranges(s.batch * s.rows.count, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row)
      for (std::size_t ox = 0; ox < s.columns.count; ++ox)
        f(row / s.rows.count, Window{s, row % s.rows.count, ox}, row * s.columns.count + ox);
  });
}

void max_pool2d(const PoolSizes& s, const Scalar* x, Scalar* y, std::uint8_t* position) {
  for_each_window(s, false, [&](std::size_t image, const Window& window, std::size_t pixel) {
    const Scalar* const from = x + image * s.rows.size * s.columns.size * s.channels;
    for_each_vector(s.channels, [&](std::size_t c, auto part) {
      Largest largest;
      window.for_each(s.columns.window, [&](std::size_t row, std::size_t column, std::size_t at) {
        largest.add(load(from + (row * s.columns.size + column) * s.channels + c, part), at);
      });
      store(y + pixel * s.channels + c, largest.value(), part);
      store_bytes(position + pixel * s.channels + c, largest.position(), part);
    });
  });
}

// Clears the images' gradients and then lets add(window, pixel, dx of the image) add to them.
template <class F>
void scatter(const PoolSizes& s, Scalar* dx, F add) {
  const std::size_t image_size = s.rows.size * s.columns.size * s.channels;
  parallel_ranges(s.batch * image_size, elementwise_grain, [=](std::size_t begin, std::size_t end) {
    std::fill(dx + begin, dx + end, Scalar{0});
  });
  for_each_window(s, true, [&](std::size_t image, const Window& window, std::size_t pixel) {
    add(window, pixel, dx + image * image_size);
  });
}

void unpool(const PoolSizes& s, const std::uint8_t* position, const Scalar* g, Scalar* dx,
            std::size_t row) {
  const std::size_t pooled = s.columns.count * s.channels;
  for (std::size_t r = 0; r < s.rows.count; ++r)
    unpool_row(s.rows.window, s.columns.window, s.columns.count, s.channels, position + r * pooled,
               g + r * pooled, dx + r * s.rows.window * row, row, s.channels);
}

// Whether each element of the images is in one window.
bool partitions(const PoolSizes& s) {
  return s.rows.before == 0 && s.columns.before == 0 && s.rows.stride == s.rows.window &&
         s.columns.stride == s.columns.window && s.rows.count * s.rows.window == s.rows.size &&
         s.columns.count * s.columns.window == s.columns.size;
}

void max_pool2d_grad(const PoolSizes& s, const std::uint8_t* position, const Scalar* g,
                     Scalar* dx) {
  if (partitions(s)) {
    const std::size_t row = s.columns.size * s.channels, size = s.rows.size * row;
    const std::size_t pooled = s.rows.count * s.columns.count * s.channels;
    parallel_ranges(s.batch, elementwise_grain / (size + 1) + 1,
                    [=](std::size_t begin, std::size_t end) {
                      for (std::size_t i = begin; i < end; ++i)
                        unpool(s, position + i * pooled, g + i * pooled, dx + i * size, row);
                    });
    return;
  }
  scatter(s, dx, [&](const Window& window, std::size_t pixel, Scalar* image) {
    for_each_vector(s.channels, [&](std::size_t c, auto part) {
      const Vec gradient = load(g + pixel * s.channels + c, part);
      const IntVec best = load_bytes(position + pixel * s.channels + c, part);
      window.for_each(s.columns.window, [&](std::size_t row, std::size_t column, std::size_t at) {
        Scalar* const to = image + (row * s.columns.size + column) * s.channels + c;
        const Vec share = best == static_cast<Integer>(at) ? gradient : Vec{};
        store(to, load(to, part) + share, part);
      });
    });
  });
}

// y = the mean of a window of the image, for all channels.
template <class Sum>
void window_mean(const PoolSizes& s, const Window& window, const Scalar* image, Scalar* y) {
  const Sum share = 1 / static_cast<Sum>(window.size());
  constexpr std::size_t block = 256;  // of channels, whose sums stay in the first-level cache
  Sum sum[block];
  for (std::size_t first = 0; first < s.channels; first += block) {
    const std::size_t count = std::min(block, s.channels - first);
    std::fill_n(sum, count, Sum{0});
    window.for_each(s.columns.window, [&](std::size_t row, std::size_t column, std::size_t) {
      const Scalar* const p = image + (row * s.columns.size + column) * s.channels + first;
      for (std::size_t c = 0; c < count; ++c) sum[c] += static_cast<Sum>(p[c]);
    });
    for (std::size_t c = 0; c < count; ++c) y[first + c] = static_cast<Scalar>(sum[c] * share);
  }
}

void avg_pool2d(const PoolSizes& s, const Scalar* x, Scalar* y) {
  for_each_window(s, false, [&](std::size_t image, const Window& window, std::size_t pixel) {
    const auto mean = window.size() <= few_terms ? window_mean<Scalar> : window_mean<double>;
    mean(s, window, x + image * s.rows.size * s.columns.size * s.channels, y + pixel * s.channels);
  });
}

void avg_pool2d_grad(const PoolSizes& s, const Scalar* g, Scalar* dx) {
  scatter(s, dx, [&](const Window& window, std::size_t pixel, Scalar* image) {
    const Scalar* const gradient = g + pixel * s.channels;
    const Scalar scale = 1 / static_cast<Scalar>(window.size());
    window.for_each(s.columns.window, [&](std::size_t row, std::size_t column, std::size_t) {
      Scalar* const to = image + (row * s.columns.size + column) * s.channels;
      for (std::size_t c = 0; c < s.channels; ++c) to[c] += gradient[c] * scale;
    });
  });
}

}  // namespace

void fill(PoolKernels& k, Set) {
  k.max_pool2d = max_pool2d;
  k.max_pool2d_grad = max_pool2d_grad;
  k.unpool = unpool;
  k.avg_pool2d = avg_pool2d;
  k.avg_pool2d_grad = avg_pool2d_grad;
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
