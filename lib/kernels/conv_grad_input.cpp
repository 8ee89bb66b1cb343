// SPDX-License-Identifier: MIT
#include "kernels/conv_grad_input.hpp"

#include "kernels/conv.hpp"
#include "kernels/dense.hpp"
#include "kernels/dispatch.hpp"
#include "kernels/gemm.hpp"
#include "kernels/parallel.hpp"

#include <xtape/memory.hpp>

#include <algorithm>

namespace xtape::inline XTAPE_ABI::kernels {

void conv2d_grad_input(const Conv2D& s, const Image& image, const Scalar* kernel, const Scalar* g,
                       Scalar* dx) {
  const std::size_t taps = s.kernel_h * s.kernel_w * s.in;  // of one output pixel
  const std::size_t image_size = image.height * image.width * s.in;
  const Packed transposed{best<DenseKernels>(), s.out, taps, {kernel, s.out, true}, true};
  // Rows of which the columns stay in the second-level cache.
  const std::size_t band = std::clamp<std::size_t>(65536 / (s.out_w * taps + 1), 1, s.out_h);
  const std::size_t grain = slice_grain(s.batch, s.out_h * s.out_w * taps * s.out);
  const std::size_t column_size = band * s.out_w * taps;
  PooledBuffer<Scalar> columns{(s.batch + grain - 1) / grain * column_size};
  parallel_ranges(s.batch, grain, [&](std::size_t begin, std::size_t end) {
    Scalar* const own = columns.data() + begin / grain * column_size;
    for (std::size_t i = begin; i < end; ++i) {
      std::fill_n(dx + i * image_size, image_size, Scalar{0});
      for (std::size_t top = 0; top < s.out_h; top += band) {
        const std::size_t rows = std::min(band, s.out_h - top);
        best<DenseKernels>().product(rows * s.out_w, taps, s.out,
                                     {g + (i * s.out_h + top) * s.out_w * s.out, s.out},
                                     transposed.from(0, 0), own, taps, false);
        best<Col2imKernels>().col2im(s, image, top, rows, own, dx + i * image_size);
      }
    }
  });
}

}  // namespace xtape::inline XTAPE_ABI::kernels
