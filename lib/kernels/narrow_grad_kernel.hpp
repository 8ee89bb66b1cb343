// SPDX-License-Identifier: MIT
// The gradient of a convolution's kernel, where its result has few channels.
#pragma once

#include "kernels/gradient_rows.hpp"
#include "kernels/narrow.hpp"
#include <xtape/memory.hpp>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// Sums that each belong to a tap and to a lane of some vectors of a tile: `fold` adds up those of a channel.
class NarrowSums {
 public:
  explicit NarrowSums(const ConvSizes& s)
      : sizes_{s}, tap_{narrow_period(s.out) * lanes}, run_{narrow_instance<Taps>(s.out)} {}

  std::size_t size() const { return sizes_.rows.window * sizes_.columns.window * tap_; }
  /// How many scalars of a gradient a pixel has.
  std::size_t pixel() const { return sizes_.out; }
  void add(const GradientRows& band, Scalar* sums) const { run_(sizes_, band, sums); }
  void fold(const Scalar* sums, Scalar* dk) const {
    for (const Scalar* const end = sums + size(); sums != end; sums += tap_, dk += sizes_.out) {
      std::fill_n(dk, sizes_.out, Scalar{0});
      for (std::size_t i = 0; i < tap_; ++i) dk[i % sizes_.out] += sums[i];
    }
  }

 private:
  struct Taps {
    // For the taps of all rows of the kernel, some at a time.
    template <std::size_t Out>
    static void run(const ConvSizes& s, const GradientRows& band, Scalar* sums) {
      constexpr std::size_t most = Narrow<Out>::most_taps, tap = Narrow<Out>::period * lanes;
      const RowTiles groups{s.columns.window, most};
      for (std::size_t i = 0; i < s.rows.window; ++i)
        for (std::size_t t = 0; t < groups.size(); ++t) {
          const std::size_t count = groups.height(t);
          const Scalar* const x = band.x + i * s.rows.dilation * s.columns.padded() +
                                  groups.begin(t) * s.columns.dilation;
          with_taps<Out>(count, std::make_index_sequence<most>{}, s, band, x, sums);
          sums += count * tap;
        }
    }
    template <std::size_t Out, std::size_t... I>
    static void with_taps(std::size_t taps, std::index_sequence<I...>, const ConvSizes& s,
                          const GradientRows& band, const Scalar* x, Scalar* sums) {
      ((taps == I + 1 ? add<Out, I + 1>(s, band, x, sums) : void()), ...);
    }
    template <std::size_t Out, std::size_t Count>
    static void add(const ConvSizes& s, const GradientRows& band, const Scalar* x, Scalar* sums) {
      constexpr std::size_t period = Narrow<Out>::period;
      const std::size_t row = s.rows.stride * s.columns.padded(), last = band.width - lanes;
      const std::size_t rest = band.width % lanes, done = lanes - rest;
      const auto all = [](Vec v, std::size_t) { return v; };
      const auto without = [](std::size_t first) {  // so many scalars of a tile are 0
        return [first = static_cast<Integer>(first)](Vec v, std::size_t vector) {
          return lane_numbers + static_cast<Integer>(vector * lanes) >= first ? v : Vec{};
        };
      };
      Vec sum[Count][period];
      XTAPE_UNROLL
      for (std::size_t t = 0; t < Count; ++t) {
        XTAPE_UNROLL
        for (std::size_t v = 0; v < period; ++v) sum[t][v] = load(sums + (t * period + v) * lanes);
      }
      const Scalar* g = band.g;
      for (std::size_t i = 0; i < band.rows; ++i, x += row, g += band.g_row) {
        std::size_t p = 0;
        for (; p + lanes <= band.width; p += lanes)
          multiply_add<Out>(sum, x + p, s.columns.dilation, g + p * Out, all, all);
        if (rest != 0)  // the last ones, without those that are done
          multiply_add<Out>(sum, x + last, s.columns.dilation, g + last * Out, without(done),
                            without(done * Out));
      }
      XTAPE_UNROLL
      for (std::size_t t = 0; t < Count; ++t) {
        XTAPE_UNROLL
        for (std::size_t v = 0; v < period; ++v) store(sums + (t * period + v) * lanes, sum[t][v]);
      }
    }
    // sum += x * g over a tile of pixels, of which some count.
    template <std::size_t Out, std::size_t Count, std::size_t Period, class OfX, class OfG>
    [[gnu::always_inline]] static void multiply_add(Vec (&sum)[Count][Period], const Scalar* x,
                                                    std::size_t beside, const Scalar* g, OfX of_x,
                                                    OfG of_g) {
      Vec inputs[Count];
      XTAPE_UNROLL
      for (std::size_t t = 0; t < Count; ++t) inputs[t] = of_x(load(x + t * beside), 0);
      XTAPE_UNROLL
      for (std::size_t v = 0; v < Out; ++v) {
        const Vec gradient = of_g(load(g + v * lanes), v);
        const IntVec pixel = Narrow<Out>::pixel(v);
        XTAPE_UNROLL
        for (std::size_t t = 0; t < Count; ++t)
          sum[t][v % Period] += permuted(inputs[t], pixel) * gradient;
      }
    }
  };

  const ConvSizes& sizes_;
  std::size_t tap_;
  void (*run_)(const ConvSizes&, const GradientRows&, Scalar*);
};

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
