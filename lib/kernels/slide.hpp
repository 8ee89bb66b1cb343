// SPDX-License-Identifier: MIT
#pragma once

#include <xtape/config.hpp>

#include <cstddef>

namespace xtape::inline XTAPE_ABI::kernels {

/// How a window slides along one axis of images.
struct Slide {
  std::size_t size;              ///< of the images
  std::size_t window;            ///< its taps
  std::size_t stride, dilation;  ///< from window to window, and from tap to tap
  std::size_t before, after;     ///< padding
  std::size_t count;             ///< windows: the size of the result

  [[gnu::always_inline]] std::size_t padded() const { return before + size + after; }
  /// Where a window begins in the images, or, if negative, before them.
  [[gnu::always_inline]] std::ptrdiff_t first(std::size_t position) const {
    return static_cast<std::ptrdiff_t>(position * stride) - static_cast<std::ptrdiff_t>(before);
  }
  /// What is left behind the last window.
  [[gnu::always_inline]] std::size_t rest() const {
    return padded() - (count - 1) * stride - (window - 1) * dilation - 1;
  }
};

}  // namespace xtape::inline XTAPE_ABI::kernels
