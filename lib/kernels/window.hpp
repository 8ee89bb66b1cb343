// SPDX-License-Identifier: MIT
// Max-pooling of one window, for a vector of channels at a time.
#pragma once

#include "kernels/simd.hpp"

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {

/// The largest element so far in each lane, and its position in the window; the first of equals. A NaN
/// is the largest.
class Largest {
 public:
  void add(Vec v, std::size_t position) {
    const IntVec at = IntVec{} + static_cast<Integer>(position);
    if (empty_) {
      value_ = v;
      position_ = at;
      empty_ = false;
      return;
    }
    const auto take = (v > value_) | (v != v);
    value_ = take ? v : value_;
    position_ = take ? at : position_;
  }
  Vec value() const { return value_; }
  IntVec position() const { return position_; }

 private:
  bool empty_ = true;
  Vec value_ = {};
  IntVec position_ = {};
};

/// The size of a window, fixed at compile time where it is common, so that the loops over it unroll.
template <std::size_t Height, std::size_t Width>
struct FixedWindow {
  static constexpr std::size_t height = Height, width = Width;
};
struct AnyWindow {
  std::size_t height, width;
};
template <class F>
void with_window(std::size_t height, std::size_t width, F f) {
  if (height == 2 && width == 2)
    f(FixedWindow<2, 2>{});
  else
    f(AnyWindow{height, width});
}

/// Pools a row of windows side by side. `rows` has window_h rows of out_w * window_w pixels.
inline void pool_row(std::size_t window_h, std::size_t window_w, std::size_t out_w,
                     std::size_t channels, const Scalar* rows, Scalar* y, std::uint8_t* position) {
  with_window(window_h, window_w, [&](auto window) {
    const std::size_t row = out_w * window.width * channels;
    for (std::size_t ox = 0; ox < out_w; ++ox)
      for_each_vector(channels, [&](std::size_t c, auto part) {
        const Scalar* const from = rows + ox * window.width * channels + c;
        Largest largest;
        for (std::size_t i = 0; i < window.height; ++i)
          for (std::size_t j = 0; j < window.width; ++j)
            largest.add(load(from + i * row + j * channels, part), i * window.width + j);
        store(y + ox * channels + c, largest.value(), part);
        store_bytes(position + ox * channels + c, largest.position(), part);
      });
  });
}

/// The inverse: g at the positions of the largest elements, 0 elsewhere. Rows of dx are `stride` apart,
/// and its pixels `pixel`.
inline void unpool_row(std::size_t window_h, std::size_t window_w, std::size_t out_w,
                       std::size_t channels, const std::uint8_t* position, const Scalar* g,
                       Scalar* dx, std::size_t stride, std::size_t pixel) {
  with_window(window_h, window_w, [&](auto window) {
    for (std::size_t ox = 0; ox < out_w; ++ox)
      for_each_vector(channels, [&](std::size_t c, auto part) {
        const Vec gradient = load(g + ox * channels + c, part);
        const IntVec at = load_bytes(position + ox * channels + c, part);
        Scalar* const to = dx + ox * window.width * pixel + c;
        for (std::size_t i = 0; i < window.height; ++i)
          for (std::size_t j = 0; j < window.width; ++j)
            store(to + i * stride + j * pixel,
                  at == static_cast<Integer>(i * window.width + j) ? gradient : Vec{}, part);
      });
  });
}

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
