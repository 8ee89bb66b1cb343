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
  Taps(const Slide& s, std::ptrdiff_t first) {
    const auto step = static_cast<std::ptrdiff_t>(s.dilation);
    begin = first >= 0 ? 0 : static_cast<std::size_t>((-first + step - 1) / step);
    const std::ptrdiff_t room = static_cast<std::ptrdiff_t>(s.size) - first;
    end = room <= 0 ? 0 : std::min(s.window, static_cast<std::size_t>((room + step - 1) / step));
  }
};

void col2im(const ConvSizes& s, std::size_t top, std::size_t rows, const Scalar* columns,
            Scalar* dx) {
  const std::size_t row_size = s.columns.window * s.in;
  for (std::size_t oy = top; oy < top + rows; ++oy)
    for (std::size_t ox = 0; ox < s.columns.count; ++ox)
      for (std::size_t i = 0; i < s.rows.window; ++i, columns += row_size) {
        const auto y = s.rows.first(oy) + static_cast<std::ptrdiff_t>(i * s.rows.dilation);
        if (y < 0 || y >= static_cast<std::ptrdiff_t>(s.rows.size)) continue;
        const std::ptrdiff_t x = s.columns.first(ox);
        const Taps taps{s.columns, x};
        if (taps.begin >= taps.end) continue;
        Scalar* const line = dx + static_cast<std::size_t>(y) * s.columns.size * s.in;
        const auto at = [&](std::size_t j) {
          const auto column = x + static_cast<std::ptrdiff_t>(j * s.columns.dilation);
          return line + static_cast<std::size_t>(column) * s.in;
        };
        if (s.columns.dilation == 1)  // neighbours in the image, too
          add((taps.end - taps.begin) * s.in, columns + taps.begin * s.in, at(taps.begin));
        else
          for (std::size_t j = taps.begin; j < taps.end; ++j) add(s.in, columns + j * s.in, at(j));
      }
}

}  // namespace

void fill(Col2imKernels& k, Set) { k.col2im = col2im; }

}  // namespace xtape::inline XTAPE_ABI::kernels::XTAPE_ISA
