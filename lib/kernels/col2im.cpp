// SPDX-License-Identifier: MIT
// The gradient of a convolution's input, tap by tap: the columns that a product made are added to where
// their taps lie.
#include "kernels/conv.hpp"

#include "kernels/simd.hpp"

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA {
namespace {

void add(std::size_t count, const Scalar* from, Scalar* to) {
  for_each_vector(count, [=](std::size_t i, auto part) {
    store(to + i, load(to + i, part) + load(from + i, part), part);
  });
}

// The taps of a row of the kernel that lie in the image, for a window that begins at `first`.
struct Taps {
  std::size_t begin, end;
  Taps(std::ptrdiff_t first, std::size_t dilation, std::size_t taps, std::size_t width) {
    const auto step = static_cast<std::ptrdiff_t>(dilation);
    begin = first >= 0 ? 0 : static_cast<std::size_t>((-first + step - 1) / step);
    const std::ptrdiff_t room = static_cast<std::ptrdiff_t>(width) - first;
    end = room <= 0 ? 0 : std::min(taps, static_cast<std::size_t>((room + step - 1) / step));
  }
};

void col2im(const Conv2D& s, const Image& image, std::size_t top, std::size_t rows,
            const Scalar* columns, Scalar* dx) {
  const std::size_t row_size = s.kernel_w * s.in;
  for (std::size_t oy = top; oy < top + rows; ++oy)
    for (std::size_t ox = 0; ox < s.out_w; ++ox)
      for (std::size_t i = 0; i < s.kernel_h; ++i, columns += row_size) {
        const auto y = static_cast<std::ptrdiff_t>(oy * s.stride_h + i * s.dilation_h) -
                       static_cast<std::ptrdiff_t>(image.top);
        if (y < 0 || y >= static_cast<std::ptrdiff_t>(image.height)) continue;
        const auto x =
            static_cast<std::ptrdiff_t>(ox * s.stride_w) - static_cast<std::ptrdiff_t>(image.left);
        const Taps taps{x, s.dilation_w, s.kernel_w, image.width};
        if (taps.begin >= taps.end) continue;
        Scalar* const line = dx + static_cast<std::size_t>(y) * image.width * s.in;
        const auto at = [&](std::size_t j) {
          return line +
                 static_cast<std::size_t>(x + static_cast<std::ptrdiff_t>(j * s.dilation_w)) * s.in;
        };
        if (s.dilation_w == 1)  // neighbours in the image, too
          add((taps.end - taps.begin) * s.in, columns + taps.begin * s.in, at(taps.begin));
        else
          for (std::size_t j = taps.begin; j < taps.end; ++j) add(s.in, columns + j * s.in, at(j));
      }
}

}  // namespace

void fill(Col2imKernels& k, Set) { k.col2im = col2im; }

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
