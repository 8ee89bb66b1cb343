// SPDX-License-Identifier: MIT
// A convolution's result, where it has few channels.
#pragma once

#include "kernels/narrow.hpp"
#include <xtape/memory.hpp>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// Computes rows of the result.
class NarrowRows {
 public:
  NarrowRows(const ConvSizes& s, const Scalar* kernel, const Scalar* bias, Vec floor,
             std::size_t width)
      : row_{s.rows.window,
             s.columns.window,
             s.rows.dilation * s.columns.padded(),
             s.columns.dilation,
             width,
             floor,
             nullptr},
        tap_{narrow_period(s.out) * lanes},
        weights_{(s.rows.window * s.columns.window + 1) * tap_},
        run_{narrow_instance<Row>(s.out)} {
    Scalar* to = weights_.data();
    for (std::size_t i = 0; i < tap_; ++i) *to++ = bias == nullptr ? 0 : bias[i % s.out];
    for (std::size_t t = 0; t < s.rows.window * s.columns.window; ++t, kernel += s.out)
      for (std::size_t i = 0; i < tap_; ++i) *to++ = kernel[i % s.out];
    row_.weights = weights_.data();
  }

  /// The row whose windows begin at x.
  void operator()(const Scalar* x, Scalar* y) const { run_(row_, x, y); }

 private:
  struct Row {
    std::size_t height, width;  // of the kernel
    std::size_t below, beside;  // from tap to tap
    std::size_t pixels;
    Vec floor;
    const Scalar*
        weights;  // those of the bias and then of each tap, until they come in the same lanes again

    template <std::size_t Out>
    static void run(const Row& row, const Scalar* x, Scalar* y) {
      std::size_t p = 0;
      for (; p + lanes <= row.pixels; p += lanes) row.template tile<Out>(x + p, y + p * Out);
      p = row.pixels - lanes;  // the last ones, some of them once more
      if (row.pixels % lanes != 0) row.template tile<Out>(x + p, y + p * Out);
    }
    template <std::size_t Out>
    void tile(const Scalar* x, Scalar* y) const {
      constexpr std::size_t period = Narrow<Out>::period;
      const Scalar* weight = weights;
      IntVec pixel[Out];
      Vec sum[Out];
      XTAPE_UNROLL
      for (std::size_t v = 0; v < Out; ++v) {
        pixel[v] = Narrow<Out>::pixel(v);
        sum[v] = load(weight + v % period * lanes);
      }
      for (std::size_t i = 0; i < height; ++i, x += below)
        for (std::size_t j = 0; j < width; ++j) {
          weight += period * lanes;
          const Vec inputs = load(x + j * beside);
          XTAPE_UNROLL
          for (std::size_t v = 0; v < Out; ++v)
            sum[v] += permuted(inputs, pixel[v]) * load(weight + v % period * lanes);
        }
      XTAPE_UNROLL
      for (std::size_t v = 0; v < Out; ++v) store(y + v * lanes, at_least(floor, sum[v]));
    }
  };

  Row row_;
  std::size_t tap_;
  PooledBuffer<Scalar> weights_;
  void (*run_)(const Row&, const Scalar*, Scalar*);
};

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
